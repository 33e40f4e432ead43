import ClusterAPI

/// One element of an Accept header: `application/json;as=Table;v=v1;g=meta.k8s.io`.
struct MediaRange {
    var type: String
    var parameters: [String: String]

    /// How much it is wanted beside the others. - Source: RFC 9110 section 12.4.2.
    var quality: Double { parameters["q"].flatMap { Double($0) } ?? 1 }

    static func parse(_ header: String) -> [MediaRange] {
        header.split(separator: ",").map { element in
            let parts = element.split(separator: ";").map { $0.trimmed }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { parameters[String(pair[0])] = String(pair[1]) }
            }
            return MediaRange(type: parts.first.map(String.init) ?? "", parameters: parameters)
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return text
    }
}

/// The form in which a client wants objects.
enum ObjectForm {
    case object
    /// Rows for people; the flag says what each row carries.
    case table
    case partialMetadata
}

/// The first answer of an Accept header that we can give.
struct AnswerForm {
    var shape = ObjectForm.object
    var isYAML = false

    /// The media types that answers have.
    static let accepted = ["application/json", "application/yaml"]

    /// - Throws: `notAcceptable` when the header names nothing that we have. No header accepts everything.
    init(accept: String?) throws(StatusError) {
        let ranges = MediaRange.parse(accept ?? "")
        guard !ranges.isEmpty else { return }
        for range in ranges.sorted(by: { $0.quality > $1.quality }) where range.quality > 0 {
            switch range.type {
            case "application/json", "*/*", "application/*": isYAML = false
            case "application/yaml": isYAML = true
            default: continue
            }
            switch (range.parameters["as"], range.parameters["v"]) {
            case (nil, _): shape = .object
            case ("Table", "v1"): shape = .table
            case ("PartialObjectMetadata", "v1"), ("PartialObjectMetadataList", "v1"): shape = .partialMetadata
            default: continue
            }
            return
        }
        throw .notAcceptable(Self.accepted)
    }
}
