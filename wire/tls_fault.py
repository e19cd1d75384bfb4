"""What a failed TLS connection means, and what mends it: the library's own sentence helps nobody in a school.

Told by the error alone (OpenSSL's verify codes, `X509_verify_cert_error_string`), so that no socket is needed here.
"""

from wire.text import Text

EXPIRED, NOT_YET = 10, 9
OTHER_AUTHORITY = frozenset({18, 19, 20, 21})  # self-signed, or signed by somebody the ca_file does not hold
OTHER_NAME = frozenset({62, 64})  # host name, address
BEYOND_AUTHORITY = frozenset({47, 48})  # outside the names the authority may speak for
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")


def tls_fault(failed: BaseException, host: str) -> Text | None:
    """The words for what failed on the way to `host`, where TLS was wanted; None for an error of another kind."""
    code = getattr(failed, "verify_code", None)
    if isinstance(code, int) and code:
        return _judged(code, host, str(getattr(failed, "verify_message", "") or failed))
    reason = str(getattr(failed, "reason", None) or "")
    if reason in _NO_TLS:
        return Text(
            f"{host} không dùng TLS ở cổng này: hãy bỏ ca_file hoặc đổi sang cổng TLS (thường là 8883)",
            f"{host} does not speak TLS on this port: remove ca_file, or use the TLS port (8883 as a rule)",
        )
    if isinstance(failed, ConnectionResetError) or reason == "UNEXPECTED_EOF_WHILE_READING":
        return Text(
            f"{host} ngắt kết nối khi bắt tay TLS: cổng này có dùng TLS không (thường là 8883)?",
            f"{host} ends the connection in the TLS handshake: does this port speak TLS (8883 as a rule)?",
        )
    if reason.startswith(("TLSV1_ALERT", "SSLV3_ALERT", "UNSUPPORTED_PROTOCOL")):
        return Text(
            f"{host} từ chối kết nối TLS ({reason}): kiểm tra chứng chỉ và phiên bản TLS ở đó",
            f"{host} refuses the TLS connection ({reason}): check its certificate and TLS version",
        )
    return None


def expired(failed: BaseException) -> bool:
    """Whether the other side's certificate has ended."""
    return getattr(failed, "verify_code", None) == EXPIRED


def _judged(code: int, host: str, said: str) -> Text:
    renew = "classhub tls renew"
    if code == EXPIRED:
        return Text(
            f"chứng chỉ TLS của {host} đã hết hạn: hãy chạy {renew} ở trung tâm rồi nạp lại máy chủ đó",
            f"the TLS certificate of {host} has expired: run {renew} at the hub, then reload that server",
        )
    if code == NOT_YET:
        return Text(
            f"chứng chỉ TLS của {host} chưa có hiệu lực theo đồng hồ máy này: hãy chỉnh giờ (timedatectl set-ntp true)",
            f"the TLS certificate of {host} is not valid yet by this machine's clock: timedatectl set-ntp true",
        )
    if code in OTHER_NAME:
        return Text(
            f"chứng chỉ TLS không mang tên {host}: hãy chạy {renew} --name hoặc --ip {host} ở trung tâm, "
            "hoặc dùng tên có trong chứng chỉ",
            f"the TLS certificate does not name {host}: run {renew} with --name or --ip {host} at the hub, "
            "or use a name it holds",
        )
    if code in OTHER_AUTHORITY:
        return Text(
            f"chứng chỉ TLS của {host} không do ca_file xác nhận: hãy chép lại ca.crt từ trung tâm",
            f"the TLS certificate of {host} is not signed by the authority in ca_file: copy ca.crt from the hub again",
        )
    if code in BEYOND_AUTHORITY:
        return Text(
            f"ca.crt không được phép xác nhận tên {host}: hãy tạo CA mới bằng classhub tls init ở thư mục khác",
            f"the authority in ca.crt may not speak for {host}: run classhub tls init in another folder",
        )
    return Text(
        f"chứng chỉ TLS của {host} không dùng được ({said}): xem bằng classhub tls check",
        f"the TLS certificate of {host} cannot be used ({said}): see classhub tls check",
    )
