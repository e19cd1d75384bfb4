"""Why no trusted connection came about, in words for who set the address: what is wrong and where to look.

Source: OpenSSL 3 x509_vfy.h (X509_V_ERR_…) and sslerr.h (reasons), as Python's ssl module hands them over.
"""

import ssl

from wire.text import Text

_CERTIFICATE = {
    9: Text("chứng chỉ chưa có hiệu lực; kiểm tra giờ của máy này", "its certificate is not valid yet; look at the "
            "clock of this machine"),
    10: Text("chứng chỉ đã hết hạn; nơi quản lý máy chủ cần gia hạn", "its certificate has expired; who runs the "
             "server must renew it"),
    18: Text("chứng chỉ tự ký; lấy chứng chỉ đó làm ca_file nếu tin", "its certificate is signed by itself; make it "
             "the ca_file where you trust it"),
    19: Text("chứng chỉ do một nơi cấp mà máy này không tin; cần ca_file", "its certificate comes from an authority "
             "this machine does not trust; it needs a ca_file"),
    62: Text("chứng chỉ không phải của tên máy này; kiểm tra địa chỉ", "its certificate is for another host name; look "
             "at the address"),
    64: Text("chứng chỉ không phải của địa chỉ IP này; dùng tên máy", "its certificate is not for this IP address; use "
             "the host's name"),
}  # fmt: skip
_CERTIFICATE |= dict.fromkeys((2, 20, 21), Text(
    "chứng chỉ do một nơi cấp mà máy này không biết, hoặc máy chủ gửi thiếu chứng chỉ trung gian; cần ca_file",
    "its certificate comes from an authority this machine does not know, or the server leaves out one in between; it "
    "needs a ca_file",
))  # fmt: skip
_CONNECTION = {
    "WRONG_VERSION_NUMBER": Text("cổng này không dùng TLS; kiểm tra https và số cổng", "no TLS at this port; look at "
                                 "https and the port's number"),
    "UNSUPPORTED_PROTOCOL": Text("máy chủ chỉ có TLS quá cũ", "the server only has a TLS that is too old"),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Text("hai bên không có kiểu mã hóa chung", "no encryption both sides know"),
}  # fmt: skip
_CONNECTION |= {
    "HTTP_REQUEST": _CONNECTION["WRONG_VERSION_NUMBER"],
    "TLSV1_ALERT_PROTOCOL_VERSION": _CONNECTION["UNSUPPORTED_PROTOCOL"],
}


def why_no_tls(broken: object) -> Text:
    """What Python's ssl module, or nobody, says."""
    if isinstance(broken, ssl.SSLCertVerificationError):
        said = broken.verify_message
        return _CERTIFICATE.get(broken.verify_code) or Text(
            f"chứng chỉ không được tin cậy ({said}); kiểm tra ca_file và tên máy",
            f"its certificate is not trusted ({said}); look at ca_file and the host's name",
        )
    reason = broken.reason if isinstance(broken, ssl.SSLError) and isinstance(broken.reason, str) else "TLS"
    return _CONNECTION.get(reason) or Text(
        f"không nối được bằng TLS ({reason})", f"no connection by TLS came about ({reason})"
    )
