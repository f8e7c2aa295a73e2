"""`manage.py prepare_store`: make sure bundles can be kept, before anything tries."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Create the bucket of ASSAY_STORE=s3 where it is missing; a directory store needs nothing."
    requires_system_checks = ["assay"]

    def handle(self, *_: Any, **__: Any) -> None:
        if settings.ASSAY_STORE != "s3":
            self.stdout.write(f"Bundles are kept in {settings.ASSAY_STORE_PATH}; nothing to prepare.")
            return
        bucket = settings.ASSAY_S3_BUCKET
        client = boto3.client(
            "s3",
            endpoint_url=settings.ASSAY_S3_ENDPOINT or None,
            region_name=settings.ASSAY_S3_REGION,
            aws_access_key_id=settings.ASSAY_S3_ACCESS_KEY or None,
            aws_secret_access_key=settings.ASSAY_S3_SECRET_KEY or None,
        )
        try:
            if bucket in (known["Name"] for known in client.list_buckets()["Buckets"]):
                self.stdout.write(f"The bucket {bucket} is there.")
                return
            client.create_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(
                f"The bucket {bucket} could not be looked up or created: {error} "
                "Check ASSAY_S3_ENDPOINT, ASSAY_S3_ACCESS_KEY and ASSAY_S3_SECRET_KEY."
            ) from error
        self.stdout.write(f"The bucket {bucket} was created.")
