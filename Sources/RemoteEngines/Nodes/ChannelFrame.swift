import Bytes
import ClusterAPI

/// One message of a node channel (`docs/formats/node-channel.md`): a kind, the number of a stream, and what the kind carries.
enum ChannelFrame: Equatable, Sendable {
    /// The server asks something; the stream begins.
    case open(ChannelRequest)
    /// The agent has begun to answer.
    case opened
    /// Bytes of a pipe: 0 input, 1 output (or what was asked for), 2 errors.
    case data(pipe: UInt8, [UInt8])
    /// The peer has taken so many bytes of data: as many more may be sent.
    case credit(Int)
    case closeInput
    case resize(width: Int, height: Int)
    /// The stream ends: whoever asked wants no more.
    case cancel
    /// The stream ends: everything was said.
    case ended
    case exited(code: Int)
    case failed(StatusError)
    case ping
    case pong

    /// Bytes of data in one frame at most.
    static let dataLimit = 32 << 10

    private var kind: UInt8 {
        switch self {
        case .open: 1
        case .opened: 2
        case .data: 3
        case .credit: 4
        case .closeInput: 5
        case .resize: 6
        case .cancel: 7
        case .ended: 8
        case .exited: 9
        case .failed: 10
        case .ping: 11
        case .pong: 12
        }
    }

    func encoded(stream: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kind)
        writer.appendUInt32LE(stream)
        switch self {
        case .open(let request): writer.append(contentsOf: request.json.bytes)
        case .data(let pipe, let bytes):
            writer.append(pipe)
            writer.append(contentsOf: bytes)
        case .credit(let count): writer.appendUInt32LE(UInt32(clamping: count))
        case .resize(let width, let height):
            writer.appendUInt16LE(UInt16(clamping: width))
            writer.appendUInt16LE(UInt16(clamping: height))
        case .exited(let code): writer.appendInt32LE(Int32(clamping: code))
        case .failed(let error): writer.append(contentsOf: error.body)
        case .opened, .closeInput, .cancel, .ended, .ping, .pong: break
        }
        return writer.bytes
    }

    /// Reads a message; nil for a kind that this release does not know.
    static func decode(_ message: [UInt8]) throws(CorruptBytes) -> (stream: UInt32, frame: ChannelFrame?) {
        var reader = ByteReader(message)
        let kind = try reader.readUInt8()
        let stream = try reader.readUInt32LE()
        let rest = { Array(message[reader.offset...]) }
        let frame: ChannelFrame?
        switch kind {
        case 1:
            guard let json = try? JSONValue.parse(rest()), let request = ChannelRequest(json: json) else {
                throw CorruptBytes("node channel request", offset: reader.offset, expected: "a request that is known")
            }
            frame = .open(request)
        case 2: frame = .opened
        case 3:
            let pipe = try reader.readUInt8()
            frame = .data(pipe: pipe, Array(message[reader.offset...]))
        case 4: frame = .credit(Int(try reader.readUInt32LE()))
        case 5: frame = .closeInput
        case 6: frame = .resize(width: Int(try reader.readUInt16LE()), height: Int(try reader.readUInt16LE()))
        case 7: frame = .cancel
        case 8: frame = .ended
        case 9: frame = .exited(code: Int(try reader.readInt32LE()))
        case 10: frame = .failed(StatusError(json: rest()) ?? .internalError("the node's agent has failed without a word"))
        case 11: frame = .ping
        case 12: frame = .pong
        default: frame = nil
        }
        return (stream, frame)
    }
}

/// What the server asks an agent.
enum ChannelRequest: Equatable, Sendable {
    case logs(ContainerTarget, LogOptions)
    case exec(ContainerTarget, ExecOptions)
    case stats(node: String)

    var json: JSONValue {
        switch self {
        case .stats(let node): return ["verb": "stats", "node": .string(node)]
        case .logs(let target, let options):
            var json: JSONValue = ["verb": "logs", "target": Self.json(target)]
            if options.follow { json["follow"] = true }
            if options.previous { json["previous"] = true }
            if options.timestamps { json["timestamps"] = true }
            if let lines = options.tailLines { json["tailLines"] = .number(lines) }
            if let bytes = options.limitBytes { json["limitBytes"] = .number(bytes) }
            if let seconds = options.sinceSeconds { json["sinceSeconds"] = .number(seconds) }
            if let time = options.sinceTimeNanoseconds { json["sinceTime"] = .number(time) }
            return json
        case .exec(let target, let options):
            return [
                "verb": "exec", "target": Self.json(target), "command": .array(options.command.map { .string($0) }), "stdin": .bool(options.stdin),
                "stdout": .bool(options.stdout), "stderr": .bool(options.stderr), "tty": .bool(options.tty),
            ]
        }
    }

    init?(json: JSONValue) {
        switch json["verb"]?.stringValue {
        case "stats":
            guard let node = json["node"]?.stringValue else { return nil }
            self = .stats(node: node)
        case "logs":
            guard let target = Self.target(json["target"]) else { return nil }
            var options = LogOptions()
            options.follow = json["follow"]?.boolValue ?? false
            options.previous = json["previous"]?.boolValue ?? false
            options.timestamps = json["timestamps"]?.boolValue ?? false
            options.tailLines = json["tailLines"]?.intValue
            options.limitBytes = json["limitBytes"]?.intValue
            options.sinceSeconds = json["sinceSeconds"]?.intValue
            options.sinceTimeNanoseconds = json["sinceTime"]?.int64Value
            self = .logs(target, options)
        case "exec":
            guard let target = Self.target(json["target"]), let command = json["command"]?.arrayValue else { return nil }
            var options = ExecOptions()
            options.command = command.compactMap(\.stringValue)
            options.stdin = json["stdin"]?.boolValue ?? false
            options.stdout = json["stdout"]?.boolValue ?? true
            options.stderr = json["stderr"]?.boolValue ?? true
            options.tty = json["tty"]?.boolValue ?? false
            self = .exec(target, options)
        default: return nil
        }
    }

    private static func json(_ target: ContainerTarget) -> JSONValue {
        [
            "node": .string(target.node), "namespace": .string(target.namespace), "pod": .string(target.pod), "podUID": .string(target.podUID),
            "container": .string(target.container),
        ]
    }

    private static func target(_ json: JSONValue?) -> ContainerTarget? {
        guard let json, let node = json["node"]?.stringValue, let namespace = json["namespace"]?.stringValue, let pod = json["pod"]?.stringValue,
            let uid = json["podUID"]?.stringValue, let container = json["container"]?.stringValue
        else { return nil }
        return ContainerTarget(node: node, namespace: namespace, pod: pod, podUID: uid, container: container)
    }
}
