"""Every limit of bundle reading in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may cost the reader. Sizes in bytes.

    The defaults leave room above the largest of 103 real bundles: 4,122 members, 59 MB unpacked, 18.3 MB packed,
    names of 161 bytes, 12 levels. ``warn_ratio`` only warns: Claude Desktop refuses members above 50:1.
    """

    upload: int = 100 * 1024 * 1024
    members: int = 20_000
    unpacked_total: int = 512 * 1024 * 1024
    unpacked_member: int = 256 * 1024 * 1024
    name_bytes: int = 1_024
    component_bytes: int = 255
    depth: int = 40
    warn_ratio: int = 50
    signature_block: int = 64 * 1024
    manifest: int = 1024 * 1024
    manifest_depth: int = 64
    manifest_items: int = 2_000
    manifest_text: int = 256 * 1024
    icon: int = 5 * 1024 * 1024
    icon_pixels: int = 4_096
