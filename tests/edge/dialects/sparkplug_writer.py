"""An independent writer of Sparkplug B: Google's protobuf, its schema built from the specification's field numbers."""

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

_TYPES = descriptor_pb2.FieldDescriptorProto
_OPTIONAL, _REPEATED = _TYPES.LABEL_OPTIONAL, _TYPES.LABEL_REPEATED
_INT, _LONG, _FLOAT, _DOUBLE = _TYPES.TYPE_UINT32, _TYPES.TYPE_UINT64, _TYPES.TYPE_FLOAT, _TYPES.TYPE_DOUBLE
_BOOL, _STRING, _BYTES, _MESSAGE = _TYPES.TYPE_BOOL, _TYPES.TYPE_STRING, _TYPES.TYPE_BYTES, _TYPES.TYPE_MESSAGE

_SCHEMA: dict[str, list[tuple[str, int, int, int, str]]] = {
    "PropertyValue": [
        ("type", 1, _INT, _OPTIONAL, ""),
        ("is_null", 2, _BOOL, _OPTIONAL, ""),
        ("int_value", 3, _INT, _OPTIONAL, ""),
        ("long_value", 4, _LONG, _OPTIONAL, ""),
        ("float_value", 5, _FLOAT, _OPTIONAL, ""),
        ("double_value", 6, _DOUBLE, _OPTIONAL, ""),
        ("boolean_value", 7, _BOOL, _OPTIONAL, ""),
        ("string_value", 8, _STRING, _OPTIONAL, ""),
    ],
    "PropertySet": [("keys", 1, _STRING, _REPEATED, ""), ("values", 2, _MESSAGE, _REPEATED, "PropertyValue")],
    "DataSet": [("num_of_columns", 1, _LONG, _OPTIONAL, ""), ("columns", 2, _STRING, _REPEATED, "")],
    "MetaData": [("description", 8, _STRING, _OPTIONAL, "")],
    "Metric": [
        ("name", 1, _STRING, _OPTIONAL, ""),
        ("alias", 2, _LONG, _OPTIONAL, ""),
        ("timestamp", 3, _LONG, _OPTIONAL, ""),
        ("datatype", 4, _INT, _OPTIONAL, ""),
        ("is_historical", 5, _BOOL, _OPTIONAL, ""),
        ("is_transient", 6, _BOOL, _OPTIONAL, ""),
        ("is_null", 7, _BOOL, _OPTIONAL, ""),
        ("metadata", 8, _MESSAGE, _OPTIONAL, "MetaData"),
        ("properties", 9, _MESSAGE, _OPTIONAL, "PropertySet"),
        ("int_value", 10, _INT, _OPTIONAL, ""),
        ("long_value", 11, _LONG, _OPTIONAL, ""),
        ("float_value", 12, _FLOAT, _OPTIONAL, ""),
        ("double_value", 13, _DOUBLE, _OPTIONAL, ""),
        ("boolean_value", 14, _BOOL, _OPTIONAL, ""),
        ("string_value", 15, _STRING, _OPTIONAL, ""),
        ("bytes_value", 16, _BYTES, _OPTIONAL, ""),
        ("dataset_value", 17, _MESSAGE, _OPTIONAL, "DataSet"),
    ],
    "Payload": [
        ("timestamp", 1, _LONG, _OPTIONAL, ""),
        ("metrics", 2, _MESSAGE, _REPEATED, "Metric"),
        ("seq", 3, _LONG, _OPTIONAL, ""),
        ("uuid", 4, _STRING, _OPTIONAL, ""),
        ("body", 5, _BYTES, _OPTIONAL, ""),
    ],
}


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_test.proto", package="sparkplug_test", syntax="proto2")
    for name, rows in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, number, kind, label, of in rows:
            row = message.field.add(name=field, number=number, type=kind, label=label)
            if of:
                row.type_name = f".sparkplug_test.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"sparkplug_test.{name}")) for name in _SCHEMA
    }


MESSAGES = _build()
AT_MS = 1_757_030_400_000


def metric(name: str = "", value: Any = None, datatype: int = 9, unit: str = "", **more: Any) -> Any:
    """One metric; `value` goes into the field its datatype asks for, unless `field` names another."""
    field = more.pop("field", _field(datatype))
    quality = more.pop("quality", None)
    at_ms = more.pop("at_ms", AT_MS)
    found = MESSAGES["Metric"](
        **({"name": name} if name else {}), **({"datatype": datatype} if datatype else {}), **more
    )
    if at_ms is not None:
        found.timestamp = at_ms
    if value is not None:
        setattr(found, field, value)
    if unit:
        found.properties.keys.append("engUnit")
        found.properties.values.add(type=12, string_value=unit)
    if quality is not None:
        found.properties.keys.append("Quality")
        found.properties.values.add(type=3, int_value=quality)
    return found


def _field(datatype: int) -> str:
    if datatype in {1, 2, 3, 5, 6, 7}:
        return "int_value"
    return {4: "long_value", 8: "long_value", 10: "double_value", 11: "boolean_value", 12: "string_value"}.get(
        datatype, "long_value" if datatype == 13 else "float_value"
    )


def payload(*metrics: Any, seq: int | None = 0, at_ms: int | None = AT_MS, **more: Any) -> bytes:
    found = MESSAGES["Payload"](metrics=metrics, **more)
    if seq is not None:
        found.seq = seq
    if at_ms is not None:
        found.timestamp = at_ms
    return bytes(found.SerializeToString())
