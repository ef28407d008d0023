"""The bytes of a JSON body as a text: compressed or not, in whichever of the Unicode encodings the client says.

Source: what body-parser 1.20 answered on the wire.
"""

import codecs
import re
import zlib

BODY_LIMIT_BYTES = 100 * 1024
"""The longest JSON body that is read, unpacked."""

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s";]+)', re.IGNORECASE)
_WINDOW_BITS = {"gzip": 31, "deflate": zlib.MAX_WBITS}
_KNOWN = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-7": "utf-7"}
_KNOWN |= {"utf-32": "utf-32-le", "utf-32le": "utf-32-le", "utf-32be": "utf-32-be"}


class UnreadableBodyError(Exception):
    """Raised for a body that cannot be read; says so in body-parser's words."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


def text_of(content: bytes, *, content_type: str, content_encoding: str) -> str:
    """Give the text of a body.

    Args:
        content: the body as it travelled.
        content_type: of its header, which may name a charset.
        content_encoding: of its header; "" where it has none.

    Raises:
        UnreadableBodyError: when the charset or the compression is not known, or the body is not what it is said to be.
    """
    named = _CHARSET.search(content_type) if ";" in content_type else None
    charset = named[1].lower() if named else "utf-8"
    if charset not in _KNOWN:
        message = f'unsupported charset "{charset.upper()}"'
        raise UnreadableBodyError(message, status=415)
    packing = content_encoding.strip().lower() or "identity"
    if packing != "identity":
        content = _unpacked(content, packing)
    if charset == "utf-8":
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    return content.decode(_KNOWN[charset], "replace").removeprefix("\ufeff")


def _unpacked(content: bytes, packing: str) -> bytes:
    if packing not in _WINDOW_BITS:
        message = f'unsupported content encoding "{packing}"'
        raise UnreadableBodyError(message, status=415)
    stream = zlib.decompressobj(_WINDOW_BITS[packing])
    try:
        unpacked = stream.decompress(content, BODY_LIMIT_BYTES + 1)
    except zlib.error as error:
        # zlib's own words stand last: `Error -3 while decompressing data: incorrect header check`.
        message = str(error).rpartition(": ")[2]
        raise UnreadableBodyError(message, status=400) from None
    if len(unpacked) > BODY_LIMIT_BYTES:
        message = "request entity too large"
        raise UnreadableBodyError(message, status=413)
    if not stream.eof:
        message = "unexpected end of file"
        raise UnreadableBodyError(message, status=400)
    return unpacked
