/// One element of an Accept header: `application/json;as=Table;v=v1;g=meta.k8s.io`.
struct MediaRange {
    var type: String
    var parameters: [String: String]

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

    /// The first form of the header that we have; JSON always is one.
    init(accept: String?) {
        self = .object
        for range in MediaRange.parse(accept ?? "") {
            guard range.type == "application/json" else { continue }
            switch range.parameters["as"] {
            case "Table" where range.parameters["v"] == "v1": self = .table
            case "PartialObjectMetadata", "PartialObjectMetadataList": self = .partialMetadata
            case nil: self = .object
            default: continue
            }
            return
        }
    }
}
