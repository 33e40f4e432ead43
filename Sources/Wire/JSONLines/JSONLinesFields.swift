/// Which members of a JSON line are what: the parameters that VictoriaLogs' clients send with `/insert/jsonline`.
package struct JSONLinesFields: Sendable {
    /// Members that name the stream.
    package var stream: [String]
    package var time: String
    /// The first of these that a line has is its message.
    package var message: [String]
    package var ignored: Set<String>
    /// Added to every entry.
    package var extra: [(name: String, value: String)]

    /// - Parameter parameter: the value of a query parameter, or else of the header that stands for it.
    package init(_ parameter: (_ name: String, _ header: String) -> String?) {
        func list(_ name: String, _ header: String) -> [String] {
            (parameter(name, header) ?? "").split(separator: ",").map(String.init)
        }
        stream = list("_stream_fields", "vl-stream-fields")
        time = parameter("_time_field", "vl-time-field").flatMap { $0.isEmpty ? nil : $0 } ?? "_time"
        message = list("_msg_field", "vl-msg-field")
        if message.isEmpty { message = ["_msg"] }
        ignored = Set(list("ignore_fields", "vl-ignore-fields"))
        extra = list("extra_fields", "vl-extra-fields").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }
}
