/// The two text forms in which targets show their metrics.
package enum ExpositionFormat: Sendable, CaseIterable {
    /// Prometheus text format 0.0.4.
    case text
    /// OpenMetrics text 1.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a scraper asks for; OpenMetrics first, since it carries exemplars and exact families.
    package static let acceptHeader =
        "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    /// The form of an answer with this `Content-Type`; anything that is not OpenMetrics is taken as text.
    package init(contentType: String) {
        self = contentType.lowercased().hasPrefix("application/openmetrics-text") ? .openMetrics : .text
    }

    /// The form to answer with: OpenMetrics when the client names it and does not prefer text.
    package init(accept: String) {
        var best: (format: ExpositionFormat, quality: Double) = (.text, 0)
        for entry in accept.lowercased().split(separator: ",") {
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let type = parts.first else { continue }
            let quality = parts.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            let format: ExpositionFormat
            switch type {
            case "application/openmetrics-text": format = .openMetrics
            case "text/plain", "*/*": format = .text
            default: continue
            }
            if quality > best.quality { best = (format, quality) }
        }
        self = best.format
    }
}
