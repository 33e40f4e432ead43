package import Telemetry
import Bytes

/// Label names in canonical bytes, sorted, for picking labels out of many sets without making strings.
package struct LabelNames: Hashable, Sendable {
    package let names: [String]
    private let encoded: [[UInt8]]

    package init(_ names: some Sequence<String>) {
        let sorted = Set(names.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        encoded = sorted
        self.names = sorted.map { String(decoding: $0, as: UTF8.self) }
    }

    package var isEmpty: Bool { encoded.isEmpty }

    package func contains(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = 0
        while index < encoded.count {
            if encoded[index].count == bytes.count, encoded[index].elementsEqual(bytes) { return true }
            index += 1
        }
        return false
    }
}

extension Labels {
    /// Names that fall off together with the metric name: they describe the metric, not the series.
    package static let metricNames = LabelNames([metricName, "__type__", "__unit__"])

    /// Only the labels of these names.
    package func keeping(_ names: LabelNames) -> Labels { selecting { names.contains($0) } }

    /// All but the labels of these names.
    package func dropping(_ names: LabelNames) -> Labels { names.isEmpty ? self : selecting { !names.contains($0) } }

    /// Without the metric name, its type and its unit.
    package var withoutMetricName: Labels { dropping(Self.metricNames) }

    private func selecting(_ isWanted: (ArraySlice<UInt8>) -> Bool) -> Labels {
        var kept: [UInt8] = []
        kept.reserveCapacity(encoded.count)
        var pairStart = 0
        var isWhole = true
        forEachRange { name, value in
            if isWanted(encoded[name]) {
                kept.append(contentsOf: encoded[pairStart..<value.upperBound])
            } else {
                isWhole = false
            }
            pairStart = value.upperBound
            return true
        }
        return isWhole ? self : Labels(canonical: kept)
    }

    /// With one label set; an empty value removes it.
    package func setting(_ name: String, to value: String) -> Labels {
        var builder = LabelsBuilder(self)
        builder.set(name, value)
        return builder.labels
    }
}
