"""The first migration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Tag",
            [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=50, unique=True))],
        ),
        migrations.CreateModel(
            "Note",
            [
                ("id", models.AutoField(primary_key=True)),
                ("title", models.CharField(max_length=100)),
                ("stars", models.IntegerField(default=0)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("tags", models.ManyToManyField("notes.tag")),
            ],
        ),
    ]
