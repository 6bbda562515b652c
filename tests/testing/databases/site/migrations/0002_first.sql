-- One row that is there from the beginning.
INSERT INTO notes (title, stars) VALUES ('Welcome; read me', 5);
