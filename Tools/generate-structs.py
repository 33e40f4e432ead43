#!/usr/bin/env python3
"""Writes Sources/ClusterAPI/Generated/*.swift from the schema table in Sources/ClusterAPI/Schemas/*Schema.swift.

Usage: Tools/generate-structs.py [--check]     --check only says whether the committed files are up to date.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "ClusterAPI"
KEYWORDS = {"continue", "default", "operator", "for", "protocol", "in", "self", "static", "import", "case", "repeat"}

SCALARS = {
    "string": ("String", "string", '""'),
    "duration": ("String", "string", '""'),
    "int32": ("Int", "int", "0"),
    "int64": ("Int", "int", "0"),
    "bool": ("Bool", "bool", "false"),
    "double": ("Double", "double", "0"),
    "quantity": ("Quantity", "quantity", "Quantity.zero"),
    "time": ("Timestamp", "time", "Timestamp.epoch"),
    "microTime": ("Timestamp", "microTime", "Timestamp.epoch"),
    "intOrString": ("IntOrString", "intOrString", "IntOrString.int(0)"),
    "bytes": ("Base64Bytes", "base64", "Base64Bytes()"),
    "any": ("RawJSON", "raw", "RawJSON()"),
    "fields": ("RawJSON", "raw", "RawJSON()"),
}


class Field:
    def __init__(self, words, text):
        self.inline = words[0] == "inline"
        if self.inline:
            self.name, self.type, flags = None, words[2], words[3:]
        else:
            self.name, self.type, flags = words[0], words[2], words[3:]
        self.required = "!" in flags
        self.bare = "bare" in flags
        self.text = text


class Type:
    def __init__(self, name, text):
        self.name, self.text, self.fields = name, text, []


def read_table(path):
    """Types in order, and kinds by type name."""
    types, kinds = [], {}
    table = path.read_text().split('"""')[1]
    for line in table.splitlines():
        is_field = line.startswith(" " * 10)
        head, _, text = line.strip().partition(" : ")
        words = head.split()
        if not words:
            continue
        if is_field:
            types[-1].fields.append(Field(words, text))
        elif words[0] == "kind":
            # Of several versions with one structure the first is the one that is stored.
            kinds.setdefault(words[1], words)
        elif words[0] == "type":
            types.append(Type(words[1], text))
    return types, kinds


def flattened(type_, all_types):
    for field in type_.fields:
        if field.inline:
            yield from flattened(all_types[field.type], all_types)
        else:
            yield field


def quoted(name):
    return f"`{name}`" if name in KEYWORDS else name


def declaration(field, owner, kinds):
    """Swift declaration, and the labels of the calls that read and write it."""
    name, type_ = quoted(field.name), field.type
    if type_.startswith("[]"):
        element = type_[2:]
        if element in SCALARS:
            swift, label, _ = SCALARS[element]
            return f"    package var {name}: [{swift}] = []", f"{label}s"
        return f"    package var {name}: [{element}] = []", "objects"
    if type_.startswith("{}"):
        element = type_[2:]
        if element == "[]string":
            return f"    package var {name}: [String: [String]] = [:]", "stringListMap"
        swift, label, _ = SCALARS[element]
        return f"    package var {name}: [String: {swift}] = [:]", f"{label}Map"
    if type_ in SCALARS:
        swift, label, empty = SCALARS[type_]
        if field.required or field.bare:
            return f"    package var {name}: {swift} = {empty}", label
        return f"    package var {name}: {swift}?", label
    standing = field.name in ("metadata", "spec", "status", "template") and (
        owner.name in kinds or owner.name in ("PodTemplateSpec", "PersistentVolumeClaimTemplate")
    )
    if field.required or standing:
        return f"    package var {name} = {type_}()", "object"
    boxed = f"boxed{field.name[0].upper()}{field.name[1:]}"
    return (
        f"    private var {boxed} = Boxed<{type_}>()\n"
        f"    package var {name}: {type_}? {{\n"
        f"        get {{ {boxed}.value }}\n"
        f"        set {{ {boxed}.value = newValue }}\n"
        f"    }}"
    ), "optionalObject"


def swift_struct(type_, all_types, kinds):
    fields = list(flattened(type_, all_types))
    kind = kinds.get(type_.name)
    out = []
    out.append(f"/// {type_.text}" if type_.text else f"/// Kubernetes' `{type_.name}`.")
    out.append(f"package struct {type_.name}: {'ClusterObject' if kind else 'SchemaStruct'} {{")
    if kind:
        group_version = kind[2]
        group, _, version = group_version.rpartition("/")
        name = type_.name[:-2] if type_.name.endswith("V1") else type_.name
        namespaced = "true" if "namespaced" in kind else "false"
        out.append(f'    package static let groupVersionKind = GroupVersionKind(group: "{group}", version: "{version}", kind: "{name}")')
        out.append(f'    package static let resource = Resource(group: "{group}", plural: "{"" if kind[3] == "-" else kind[3]}")')
        out.append(f"    package static let isNamespaced = {namespaced}")
        out.append("")
    labels = []
    for field in fields:
        declared, label = declaration(field, type_, kinds)
        labels.append(label)
        if field.text:
            out.append(f"    /// {field.text}")
        out.append(declared)
    out.append("")
    out.append("    package init() {}")
    out.append("")
    out.append("    package mutating func read(_ member: JSONReader.RawString, from reader: inout JSONReader) throws(JSONError) -> Bool {")
    for field, label in zip(fields, labels):
        target = quoted(field.name)
        if label == "optionalObject":
            target = f"boxed{field.name[0].upper()}{field.name[1:]}"
        out.append(f'        if reader.matches(member, "{field.name}") {{')
        out.append(f"            try reader.read({label}: &{target})")
        out.append("            return true")
        out.append("        }")
    out.append("        return false")
    out.append("    }")
    out.append("")
    out.append("    package func writeMembers(into writer: inout JSONWriter) {")
    if kind:
        out.append(f'        writer.member("kind", Self.groupVersionKind.kind)')
        out.append(f'        writer.member("apiVersion", Self.groupVersionKind.apiVersion)')
    for field, label in zip(fields, labels):
        target = quoted(field.name)
        if label == "optionalObject":
            target = f"boxed{field.name[0].upper()}{field.name[1:]}"
        if field.bare:
            out.append(f'        if !{target}.isEmpty {{ writer.write("{field.name}", {label}: {target}) }}')
        else:
            out.append(f'        writer.write("{field.name}", {label}: {target})')
    out.append("    }")
    out.append("}")
    return "\n".join(out)


def main():
    tables = {path: read_table(path) for path in sorted((ROOT / "Schemas").glob("*Schema.swift"))}
    all_types, kinds = {}, {}
    for types, own in tables.values():
        all_types.update({type_.name: type_ for type_ in types})
        kinds.update(own)
    stale = []
    for path, (types, _) in tables.items():
        text = "// Generated by Tools/generate-structs.py from Schemas/%s; change the table, not this file.\n" % path.name
        text += "package import Bytes\n\n"
        text += "\n\n".join(swift_struct(type_, all_types, kinds) for type_ in types) + "\n"
        target = ROOT / "Generated" / path.name.replace("Schema.swift", "Structs.swift")
        if not target.exists() or target.read_text() != text:
            stale.append(target.name)
            if "--check" not in sys.argv:
                target.write_text(text)
    print("changed:" if "--check" not in sys.argv else "stale:", ", ".join(stale) or "none")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
