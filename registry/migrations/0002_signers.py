from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="bundle",
            name="signer",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="namespace",
            name="signer",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
    ]
