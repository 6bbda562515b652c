CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, stars INTEGER, data BLOB);
CREATE INDEX notes_by_stars ON notes (stars);
