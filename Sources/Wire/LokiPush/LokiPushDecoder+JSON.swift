import Bytes
package import Telemetry

extension LokiPushDecoder {
    /// Decodes a JSON body: `{"streams": [{"stream": {…}, "values": [["<nanoseconds>", "<line>", {…}]]}]}`, or its form before version 1:
    /// `{"streams": [{"labels": "{…}", "entries": [{"ts": "<RFC 3339>", "line": "<line>"}]}]}`.
    ///
    /// When it throws, `batch` must not be used.
    package mutating func decode(json body: [UInt8], into batch: inout LogWriteBatch) throws(WireError) -> WireOutcome {
        guard body.count <= limits.decompressedBytes else {
            throw WireError(.tooLarge, "cannot take the body: more than \(limits.decompressedBytes) bytes")
        }
        var outcome = WireOutcome()
        var reader = JSONReader(body, maxDepth: 16)
        do {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "streams") {
                    try reader.beginArray()
                    while try reader.nextElement() { try decodeStream(&reader, &batch, &outcome) }
                } else {
                    try reader.skipValue()
                }
            }
            try reader.expectEnd()
        } catch {
            throw WireError(error, in: "Loki push body")
        }
        return outcome
    }

    private mutating func decodeStream(
        _ reader: inout JSONReader, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(JSONError) {
        let number = UInt32(truncatingIfNeeded: batch.streams.count)
        let before = EntryMark(batch)
        labels.begin()
        scratch.removeAll(keepingCapacity: true)
        badLabelName = nil
        var labelText: [UInt8] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "stream") {
                badLabelName = try readPairs(&reader, &labels, &labelText)
            } else if reader.matches(key, "values") {
                try reader.beginArray()
                while try reader.nextElement() { try decodeEntry(&reader, stream: number, &batch, &outcome) }
                if batch.count > limits.itemsPerBody { throw reader.error("more than \(limits.itemsPerBody) entries in a body") }
            } else if reader.matches(key, "labels") {
                try readLabels(&reader, &labelText)
            } else if reader.matches(key, "entries") {
                try reader.beginArray()
                while try reader.nextElement() { try decodeOldEntry(&reader, stream: number, &batch, &outcome) }
                if batch.count > limits.itemsPerBody { throw reader.error("more than \(limits.itemsPerBody) entries in a body") }
            } else {
                try reader.skipValue()
            }
        }
        scratch = labelText
        finishStream(before, &batch, &outcome)
    }

    private mutating func decodeEntry(
        _ reader: inout JSONReader, stream: UInt32, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(JSONError) {
        metadata.begin()
        scratch.removeAll(keepingCapacity: true)
        try reader.beginArray()
        guard try reader.nextElement() else { throw reader.error("expected a time and a line, found an empty array") }
        let time = try readTime(&reader)
        guard try reader.nextElement() else { throw reader.error("expected a line after the time") }
        let line = try reader.readRawString()
        let lineStart = scratch.count
        reader.append(line, to: &scratch)
        let lineEnd = scratch.count
        if try reader.nextElement() {
            _ = try readPairs(&reader, &metadata, &scratch)
            if try reader.nextElement() { throw reader.error("expected at most a time, a line and metadata") }
        }
        let text = scratch
        appendEntry(stream, time, text, lineStart..<lineEnd, metadataSource: text, &batch, &outcome)
    }

    /// The labels of a stream as one text.
    private mutating func readLabels(_ reader: inout JSONReader, _ text: inout [UInt8]) throws(JSONError) {
        let raw = try reader.readRawString()
        let source = Array(reader.string(raw).utf8)
        var parser = StreamLabelsParser(source, range: 0..<source.count)
        do { try parser.parse(into: &labels, scratch: &text) } catch { throw reader.error(error.reason, at: raw.range.lowerBound) }
    }

    private mutating func decodeOldEntry(
        _ reader: inout JSONReader, stream: UInt32, _ batch: inout LogWriteBatch, _ outcome: inout WireOutcome
    ) throws(JSONError) {
        metadata.begin()
        var time: Int64?
        var line: [UInt8] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "ts") {
                let raw = try reader.readRawString()
                guard let read = Timestamp(rfc3339: reader.string(raw)) else {
                    throw reader.error("expected a time as in RFC 3339, found \"\(reader.string(raw))\"", at: raw.range.lowerBound)
                }
                time = read.nanoseconds
            } else if reader.matches(key, "line") {
                line.removeAll(keepingCapacity: true)
                reader.append(try reader.readRawString(), to: &line)
            } else {
                try reader.skipValue()
            }
        }
        guard let time else { throw reader.error("expected a time: an entry has no \"ts\"") }
        appendEntry(stream, time, line, 0..<line.count, metadataSource: [], &batch, &outcome)
    }

    /// Nanoseconds in quotes, as Loki documents, or as a plain integer.
    private func readTime(_ reader: inout JSONReader) throws(JSONError) -> Int64 {
        guard try reader.peek() == .string else { return try reader.readInt64() }
        let raw = try reader.readRawString()
        guard let time = DecimalNumber.parseInt64(reader.bytes[raw.range]) else {
            throw reader.error(
                "expected nanoseconds since 1970 in quotes, found \"\(reader.string(raw))\"", at: raw.range.lowerBound)
        }
        return time
    }

    /// Adds the members of an object; answers the first name that a selector could not say.
    private func readPairs(
        _ reader: inout JSONReader, _ set: inout LabelSetEncoder, _ text: inout [UInt8]
    ) throws(JSONError) -> String? {
        var bad: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = text.count
            reader.append(key, to: &text)
            let value = text.count
            reader.append(try reader.readRawString(), to: &text)
            set.add(name: name..<value, value: value..<text.count)
            if bad == nil, !Self.isLabelName(text[name..<value]) { bad = UTF8Validation.repaired(text[name..<value]) }
        }
        return bad
    }

    private static func isLabelName(_ name: ArraySlice<UInt8>) -> Bool {
        guard let first = name.first, first < 0x30 || first > 0x39 else { return name.isEmpty }
        return name.allSatisfy { $0 == 0x5f || $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a && $0 < 0x80 }
    }
}
