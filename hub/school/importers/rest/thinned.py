"""Records as they come, without what the hub has no use for: a large school's would fill the memory, and e-mail,
telephones and passwords need not be held for a moment. Pure.

Errors: none: what is no record, or a value of another kind than it should be, stays as it is for the checks to tell.
"""

from typing import Any

from hub.school.importers.rest.resources import columns_of, field_of_json

Fields = dict[str, bool]  # by name; whether it holds references


class Thinned:
    """Of one collection of one look. References with the same id are one object."""

    def __init__(self, stem: str, version: str) -> None:
        self._fields = _fields(stem, version)
        self._roles = _fields("roles", version) if stem == "users" and version == "1.2" else None
        self._references: dict[str, dict[str, str]] = {}

    def __call__(self, record: Any) -> Any:
        if not isinstance(record, dict):
            return record
        found = self._kept(record, self._fields)
        if self._roles is not None and "roles" in record:
            found["roles"] = self._each(record["roles"], self._role)
        return found

    def _kept(self, record: dict[str, Any], fields: Fields) -> dict[str, Any]:
        return {
            name: self._each(record[name], self._reference) if refers else record[name]
            for name, refers in fields.items()
            if name in record
        }

    def _each(self, value: Any, thin: Any) -> Any:
        return [thin(one) for one in value] if isinstance(value, list) else thin(value)

    def _role(self, role: Any) -> Any:
        return self._kept(role, self._roles) if isinstance(role, dict) and self._roles is not None else role

    def _reference(self, value: Any) -> Any:
        name = value.get("sourcedId") if isinstance(value, dict) else None
        return self._references.setdefault(name, {"sourcedId": name}) if isinstance(name, str) else value


def _fields(stem: str, version: str) -> Fields:
    return {field_of_json(one.name): one.kind == "ref" for one in columns_of(stem, version)}
