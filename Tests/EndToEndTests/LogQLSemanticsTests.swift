import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// Queries of our own, judged by Loki's sources and documents, over the push and query API of the finished binary.
@Suite("LogQL over HTTP: cases of our own", .enabled(if: Binary.missing == nil, "no binary"))
struct LogQLSemanticsTests {
    /// What of an answer is compared.
    private enum Kind {
        /// Entries by their second and labels, without the details of errors.
        case labels
        /// Entries by their second and line.
        case lines
        /// Labels and value 60 seconds after the base; a scalar's value alone.
        case instant
        /// Labels and values by second, every 20 seconds up to 80.
        case range
        /// The beginning of the message that comes with status 400.
        case failure
    }

    private struct Case {
        var kind: Kind
        var query: String
        var rows: [String]

        init(_ kind: Kind, _ query: String, _ rows: [String]) { (self.kind, self.query, self.rows) = (kind, query, rows) }
    }

    private static let base: Int64 = 1_750_000_000

    /// Streams: labels, and lines by their second.
    private static let streams: [(labels: Labels, lines: [(second: Int64, line: String, metadata: Labels)])] = {
        func numbered(_ seconds: StrideTo<Int64>, _ line: (Int64) -> String) -> [(Int64, String, Labels)] { seconds.map { ($0, line($0), .empty) } }
        func request(_ second: Int64) -> String {
            "level=\(second % 3 == 0 ? "error" : "info") dur=\(second * 10)ms size=\(second)KB n=\(second) user=u\(second % 3)"
        }
        return [
            (Labels(["app": "j"]), [
                (1, #"{"level":"info","msg":"hello \"w\"","n":5,"f":1.50,"b":true,"nul":null,"arr":[1,{"x":"y"}],"obj":{"a":{"b":"deep"}},"a.b":"dot","1x":"digit","app":"dup"}"#, .empty),
                (2, #"{"level":"error","dur":"1m30s","size":"1.5KiB","n":"abc"}"#, Labels(["trace_id": "t1"])), (3, "not json", .empty), (4, "", .empty),
                (5, "[1,2]", .empty),
            ]),
            (Labels(["app": "l", "env": "prod"]), [
                (1, #"ts=1 level=info msg="hello world" dur=250ms size=2MB n=1 empty= flag"#, .empty),
                (2, #"level=error msg="bro\"ken" dur=1.5s size=10KB n=3"#, .empty), (3, #"level=warn bad"quote dur=xyz n=foo"#, .empty),
                (4, "level=info dur=5d n=-2 ip=192.168.4.5", Labels(["trace_id": "t9"])),
            ]),
            (Labels(["app": "p"]), [
                (1, #"10.0.0.1 - alice "GET /a HTTP/1.1" 200 0.25"#, .empty), (2, #"10.0.1.2 - bob "POST /c HTTP/1.0" 500 1.75"#, .empty), (3, "fe80::1 short", .empty),
            ]),
            (Labels(["app": "u"]), [(1, #"{"_entry":"the line","pod":"p1","app":"other"}"#, .empty), (2, #"{"pod":"p2"}"#, .empty), (3, "plain", .empty)]),
            (Labels(["app": "a", "env": "prod", "pod": "a1"]), numbered(stride(from: 1, to: 60, by: 4), request)),
            (Labels(["app": "a", "env": "dev", "pod": "a2"]), numbered(stride(from: 1, to: 18, by: 4), request)),
            (Labels(["app": "b", "env": "prod", "pod": "b1"]), numbered(stride(from: 2, to: 60, by: 10)) { "level=info n=x\($0)" }),
        ]
    }()

    @Test("parsers, filters, formatters, aggregations, operators and errors answer as Loki does")
    func cases() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server", "--retention-logs", "0"], folder: folder.path, port: 19_645)
        var batch = LogWriteBatch()
        for (labels, lines) in Self.streams {
            let stream = batch.addStream(labels)
            for (second, line, metadata) in lines {
                batch.addEntry(stream: stream, time: (Self.base + second) * 1_000_000_000, line: Array(line.utf8), metadata: metadata)
            }
        }
        let pushed = try Curl.send(
            "POST", "\(server.address)/loki/api/v1/push", type: "application/x-protobuf", body: LokiPushEncoder.encodeCompressed(batch))
        #expect(pushed.status == 204)
        for one in Self.table { try check(one, server.address + "/loki/api/v1") }
        #expect(await server.stop() == 0)
    }

    private func check(_ one: Case, _ address: String) throws {
        let query = [("query", one.query)]
        let window = [("start", "\(Self.base)"), ("end", "\(Self.base + (one.kind == .range ? 80 : 100))"), ("step", "20"), ("direction", "forward")]
        let isInstant = one.kind == .instant || one.kind == .failure
        let answer = try Curl.get(
            "\(address)/\(isInstant ? "query" : "query_range")", parameters: query + (isInstant ? [("time", "\(Self.base + 60)")] : window))
        if one.kind == .failure {
            #expect(answer.status == 400 && answer.text.hasPrefix(one.rows[0]), "\(one.query): \(answer.status) \(answer.text)")
            return
        }
        #expect(answer.status == 200, "\(one.query): \(answer.text)")
        let data = answer.json["data"] ?? .null
        let result = data["result"]?.arrayValue ?? []
        var rows: [String]
        switch data["resultType"]?.stringValue {
        case "scalar": rows = [result[1].stringValue ?? ""]
        case "vector": rows = result.map { "\(Self.text($0["metric"])) \($0["value"]?[1]?.stringValue ?? "")" }
        case "matrix":
            rows = result.map { series in
                Self.text(series["metric"])
                    + (series["values"]?.arrayValue ?? []).map { " \(($0[0]?.int64Value ?? 0) - Self.base):\($0[1]?.stringValue ?? "")" }.joined()
            }
        default:
            rows = result.flatMap { stream in
                (stream["values"]?.arrayValue ?? []).map { value in
                    let second = (value[0]?.stringValue.flatMap { Int64($0) } ?? 0) / 1_000_000_000 - Self.base
                    return "\(second) " + (one.kind == .labels ? Self.text(stream["stream"]) : value[1]?.stringValue ?? "")
                }
            }
        }
        // Only sorting gives an order to what is no log.
        let isOrdered = one.query.hasPrefix("sort")
        #expect((isOrdered ? rows : rows.sorted()) == (isOrdered ? one.rows : one.rows.sorted()), "\(one.query)")
    }

    private static func text(_ labels: JSONValue?) -> String {
        let pairs = (labels?.objectValue ?? JSONObject()).filter { $0.key != "__error_details__" }.sorted { $0.key < $1.key }
        return "{" + pairs.map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(separator: ",") + "}"
    }

    private static let table: [Case] = [
        Case(.labels, #"{app="j"} | json"#, [
            #"1 {_1x=digit,a_b=dot,app=j,app_extracted=dup,b=true,f=1.50,level=info,msg=hello "w",n=5,obj_a_b=deep}"#,
            #"2 {app=j,dur=1m30s,level=error,n=abc,size=1.5KiB,trace_id=t1}"#, #"3 {__error__=JSONParserErr,app=j}"#, #"4 {app=j}"#,
            #"5 {__error__=JSONParserErr,app=j}"#,
        ]),
        Case(.labels, #"{app="j"} | json level, deep="obj.a.b", first="arr[0]", y="arr[1].x", dot="[\"a.b\"]", none="q.r""#, [
            #"1 {app=j,deep=deep,dot=dot,first=1,level=info,none=,y=y}"#, #"2 {app=j,deep=,dot=,first=,level=error,none=,trace_id=t1,y=}"#,
            #"3 {__error__=JSONParserErr,app=j}"#, #"4 {app=j}"#, #"5 {app=j,deep=,dot=,first=,level=,none=,y=}"#,
        ]),
        Case(.labels, #"{app="j"} | json | n > 4"#, [
            #"1 {_1x=digit,a_b=dot,app=j,app_extracted=dup,b=true,f=1.50,level=info,msg=hello "w",n=5,obj_a_b=deep}"#,
            #"2 {__error__=LabelFilterErr,app=j,dur=1m30s,level=error,n=abc,size=1.5KiB,trace_id=t1}"#,
        ]),
        Case(.labels, #"{app="j"} | json | n > 4 | __error__="""#, [
            #"1 {_1x=digit,a_b=dot,app=j,app_extracted=dup,b=true,f=1.50,level=info,msg=hello "w",n=5,obj_a_b=deep}"#,
        ]),
        Case(.labels, #"{app="j"} | json | dur > 1m and size >= 1KB"#, [#"2 {app=j,dur=1m30s,level=error,n=abc,size=1.5KiB,trace_id=t1}"#]),
        Case(.labels, #"{app="j"} | json | __error__="JSONParserErr""#, [#"3 {__error__=JSONParserErr,app=j}"#, #"5 {__error__=JSONParserErr,app=j}"#]),
        Case(.labels, #"{app="j"} | trace_id="t1""#, [#"2 {app=j,trace_id=t1}"#]),
        Case(.labels, #"{app="l"} | logfmt"#, [
            #"1 {app=l,dur=250ms,env=prod,level=info,msg=hello world,n=1,size=2MB,ts=1}"#, #"2 {app=l,dur=1.5s,env=prod,level=error,msg=bro"ken,n=3,size=10KB}"#,
            #"3 {app=l,dur=xyz,env=prod,level=warn,n=foo}"#, #"4 {app=l,dur=5d,env=prod,ip=192.168.4.5,level=info,n=-2,trace_id=t9}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt --strict"#, [
            #"1 {app=l,dur=250ms,env=prod,level=info,msg=hello world,n=1,size=2MB,ts=1}"#, #"2 {app=l,dur=1.5s,env=prod,level=error,msg=bro"ken,n=3,size=10KB}"#,
            #"3 {__error__=LogfmtParserErr,app=l,env=prod,level=warn}"#, #"4 {app=l,dur=5d,env=prod,ip=192.168.4.5,level=info,n=-2,trace_id=t9}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt --keep-empty | keep empty, flag, level"#, [
            #"1 {empty=,flag=,level=info}"#, #"2 {level=error}"#, #"3 {level=warn}"#, #"4 {level=info}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt lvl="level", nope"#, [
            #"1 {app=l,env=prod,lvl=info,nope=}"#, #"2 {app=l,env=prod,lvl=error,nope=}"#, #"3 {app=l,env=prod,lvl=warn,nope=}"#,
            #"4 {app=l,env=prod,lvl=info,nope=,trace_id=t9}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | dur > 1s or n = 1 | keep level, __error__"#, [
            #"1 {level=info}"#, #"2 {level=error}"#, #"3 {__error__=LabelFilterErr,level=warn}"#, #"4 {__error__=LabelFilterErr,level=info}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | dur > 1s and n = 3"#, [
            #"2 {app=l,dur=1.5s,env=prod,level=error,msg=bro"ken,n=3,size=10KB}"#, #"3 {__error__=LabelFilterErr,app=l,dur=xyz,env=prod,level=warn,n=foo}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | (level="warn" or level="error") and n != "3""#, [#"3 {app=l,dur=xyz,env=prod,level=warn,n=foo}"#]),
        Case(.labels, #"{app="l"} | logfmt | ip = ip("192.168.0.0/16")"#, [#"4 {app=l,dur=5d,env=prod,ip=192.168.4.5,level=info,n=-2,trace_id=t9}"#]),
        Case(.labels, #"{app="l"} |= ip("192.168.4.0-192.168.4.10")"#, [#"4 {app=l,env=prod,trace_id=t9}"#]),
        Case(.labels, #"{app="l"} != ip("192.168.4.5") | logfmt | keep n"#, [#"1 {n=1}"#, #"2 {n=3}"#, #"3 {n=foo}"#]),
        Case(.labels, #"{app="p"} | pattern `<ip> - <user> "<verb> <path> <_>" <code> <lat>`"#, [
            #"1 {app=p,code=200,ip=10.0.0.1,lat=0.25,path=/a,user=alice,verb=GET}"#, #"2 {app=p,code=500,ip=10.0.1.2,lat=1.75,path=/c,user=bob,verb=POST}"#,
            #"3 {app=p,ip=fe80::1 short}"#,
        ]),
        Case(.labels, #"{app="p"} | regexp `^(?P<ip>\S+) - (?P<user>\w+)`"#, [#"1 {app=p,ip=10.0.0.1,user=alice}"#, #"2 {app=p,ip=10.0.1.2,user=bob}"#, #"3 {app=p}"#]),
        Case(.labels, #"{app="p"} |> `<_> - bob <_>`"#, [#"2 {app=p}"#]),
        Case(.labels, #"{app="p"} !> `<_> - bob <_>` | pattern `<first> <_>`"#, [#"1 {app=p,first=10.0.0.1}"#, #"3 {app=p,first=fe80::1}"#]),
        Case(.labels, #"{app="p"} |> `<_> - bob <_>` or `fe80<_>`"#, [#"2 {app=p}"#, #"3 {app=p}"#]),
        Case(.labels, #"{app="u"} | unpack"#, [#"1 {app=u,app_extracted=other,pod=p1}"#, #"2 {app=u}"#, #"3 {__error__=JSONParserErr,app=u}"#]),
        Case(.labels, #"{app=~"j|l"} |= "info" or "error" != "hello" | keep app"#, [#"2 {app=j}"#, #"2 {app=l}"#, #"4 {app=l}"#]),
        Case(.labels, #"{app="l"} |~ `level=(info|warn)` !~ `dur=\d`"#, [#"3 {app=l,env=prod}"#]),
        Case(.labels, #"{app="l"} | logfmt | label_format a=level, b=`{{.a}}-{{.level}}`, level=`x` | keep a, b, level"#, [
            #"1 {a=info,b=info-,level=x}"#, #"2 {a=error,b=error-,level=x}"#, #"3 {a=warn,b=warn-,level=x}"#, #"4 {a=info,b=info-,level=x}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | drop level, msg="hello world", n=~"[0-9]" | drop env, app"#, [
            #"1 {dur=250ms,size=2MB,ts=1}"#, #"2 {dur=1.5s,msg=bro"ken,size=10KB}"#, #"3 {dur=xyz,n=foo}"#, #"4 {dur=5d,ip=192.168.4.5,n=-2,trace_id=t9}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | keep level, n="3""#, [#"1 {level=info}"#, #"2 {level=error,n=3}"#, #"3 {level=warn}"#, #"4 {level=info}"#]),
        Case(.labels, #"{app="l"} | logfmt | label_format d=`{{ .dur | duration }}` | keep d, __error__"#, [
            #"1 {d=0.25}"#, #"2 {d=1.5}"#, #"3 {__error__=TemplateFormatErr}"#, #"4 {__error__=TemplateFormatErr}"#,
        ]),
        Case(.labels, #"{app="l"} | logfmt | n > 0 | drop __error__ | keep n"#, [#"1 {n=1}"#, #"2 {n=3}"#, #"3 {n=foo}"#]),
        Case(.labels, "{app=\"l\"} | logfmt # a comment\n | n=1", [#"1 {app=l,dur=250ms,env=prod,level=info,msg=hello world,n=1,size=2MB,ts=1}"#, #"3 {__error__=LabelFilterErr,app=l,dur=xyz,env=prod,level=warn,n=foo}"#]),
        Case(.labels, #"{app="l", env!="dev", env=~"pr.*"} | logfmt | level=~"(?i)ERROR""#, [#"2 {app=l,dur=1.5s,env=prod,level=error,msg=bro"ken,n=3,size=10KB}"#]),
        Case(.lines, #"{app="l"} | logfmt | line_format `{{.level | upper}} {{.nope}}|{{.n}}`"#, [#"1 INFO |1"#, #"2 ERROR |3"#, #"3 WARN |foo"#, #"4 INFO |-2"#]),
        Case(.lines, #"{app="u"} | unpack"#, [#"1 the line"#, #"2 {"pod":"p2"}"#, #"3 plain"#]),
        Case(.lines, #"{app="p"} | regexp `(?P<code>\d{3}) ` | line_format `{{ if eq .code "500" }}bad{{ else }}{{ default "?" .code }}{{ end }}`"#, [
            #"1 200"#, #"2 bad"#, #"3 ?"#,
        ]),
        Case(.lines, #"{app="j"} | json | line_format `{{ range (fromJson __line__).arr }}[{{.}}]{{ end }}`"#, [
            #"1 [1][map[x:y]]"#, #"2 "#, #"3 "#, #"4 "#, #"5 [1,2]"#,
        ]),
        Case(.lines, #"{app="l"} | line_format `{{ __line__ | trunc 10 | alignRight 12 }} {{ __timestamp__ | unixEpoch }}`"#, [
            #"1   ts=1 level 1750000001"#, #"2   level=erro 1750000002"#, #"3   level=warn 1750000003"#, #"4   level=info 1750000004"#,
        ]),
        Case(.lines, #"{app="l"} |= "level" | logfmt | line_format `{{ div .n 0 }}`"#, [
            #"1 ts=1 level=info msg="hello world" dur=250ms size=2MB n=1 empty= flag"#, #"2 level=error msg="bro\"ken" dur=1.5s size=10KB n=3"#,
            #"3 level=warn bad"quote dur=xyz n=foo"#, #"4 level=info dur=5d n=-2 ip=192.168.4.5"#,
        ]),
        Case(.instant, #"count_over_time({app="a"}[1m])"#, [#"{app=a,env=dev,pod=a2} 5"#, #"{app=a,env=prod,pod=a1} 15"#]),
        Case(.instant, #"sum without (pod)(rate({app=~"a|b"}[1m]))"#, [#"{app=a,env=dev} 0.08333333333333333"#, #"{app=a,env=prod} 0.25"#, #"{app=b,env=prod} 0.1"#]),
        Case(.instant, #"bytes_rate({app="a"}[1m])"#, [#"{app=a,env=dev,pod=a2} 3.45"#, #"{app=a,env=prod,pod=a1} 10.683333333333334"#]),
        Case(.instant, #"bytes_over_time({app="b"}[1m])"#, [#"{app=b,env=prod,pod=b1} 95"#]),
        Case(.instant, #"absent_over_time({app="zz", x="y"}[1m])"#, [#"{app=zz,x=y} 1"#]),
        Case(.instant, #"absent_over_time({app="a"}[1m])"#, []),
        Case(.instant, #"absent_over_time({app=~"zz", app!="q"} |= "x" [1m])"#, [#"{} 1"#]),
        Case(.instant, #"sum by (user)(sum_over_time({app="a"} | logfmt | unwrap n [1m]))"#, [#"{user=u0} 174"#, #"{user=u1} 139"#, #"{user=u2} 167"#]),
        Case(.instant, #"avg_over_time({app="a"} | logfmt | unwrap n [1m]) by (env)"#, [#"{env=dev} 9"#, #"{env=prod} 29"#]),
        Case(.instant, #"max_over_time({app="a"} | logfmt | unwrap duration(dur) [1m]) by (level)"#, [#"{level=error} 0.57"#, #"{level=info} 0.53"#]),
        Case(.instant, #"max_over_time({app="a"} | logfmt | unwrap duration_seconds(dur) [1m]) without (user,n,size,level)"#, [
            #"{app=a,env=dev,pod=a2} 0.17"#, #"{app=a,env=prod,pod=a1} 0.57"#,
        ]),
        Case(.instant, #"min_over_time({app="a"} | logfmt | unwrap bytes(size) [1m]) by ()"#, [#"{} 1000"#]),
        Case(.instant, #"quantile_over_time(0.5,{app="a"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} 19"#]),
        Case(.instant, #"quantile_over_time(1.5,{app="a"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} +Inf"#]),
        Case(.instant, #"stddev_over_time({app="a", env="dev"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} 5.656854249492381"#]),
        Case(.instant, #"stdvar_over_time({app="a"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} 307"#]),
        Case(.instant, #"first_over_time({app="a"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} 1"#]),
        Case(.instant, #"last_over_time({app="a"} | logfmt | unwrap n [1m]) by (app)"#, [#"{app=a} 57"#]),
        Case(.instant, #"sum(rate({app="a"} | logfmt | unwrap n [1m]))"#, [#"{} 8"#]),
        Case(.instant, #"rate_counter({app="a",env="prod"} | logfmt | keep app,n | unwrap n [1m])"#, [#"{app=a} 1"#]),
        Case(.instant, #"sum_over_time({app="b"} | logfmt | unwrap n | __error__="" [1m])"#, []),
        Case(.instant, #"sum_over_time({app="a"} | logfmt | unwrap nope [1m])"#, []),
        Case(.instant, #"sum by (env)(count_over_time({app="a"}[1m])) / ignoring(x) sum by (env)(count_over_time({app="a"}[30s]))"#, [#"{env=prod} 2.142857142857143"#]),
        Case(.instant, #"sum by (env,pod)(count_over_time({app="a"}[1m])) / on(env) group_left(app) sum by (env,app)(count_over_time({app="a"}[1m]))"#, [
            #"{app=a,env=dev,pod=a2} 1"#, #"{app=a,env=prod,pod=a1} 1"#,
        ]),
        Case(.instant, #"sum by (app)(count_over_time({app=~"a|b"}[1m])) > 10"#, [#"{app=a} 20"#]),
        Case(.instant, #"sum by (app)(count_over_time({app=~"a|b"}[1m])) > bool 10"#, [#"{app=a} 1"#, #"{app=b} 0"#]),
        Case(.instant, #"10 - sum by (app)(count_over_time({app=~"a|b"}[1m]))"#, [#"{app=a} -10"#, #"{app=b} 4"#]),
        Case(.instant, #"sum by (app)(count_over_time({app="a"}[1m])) or sum by (app)(count_over_time({app="b"}[1m]))"#, [#"{app=a} 20"#, #"{app=b} 6"#]),
        Case(.instant, #"sum by (app)(count_over_time({app=~"a|b"}[1m])) unless sum by (app)(count_over_time({app="b"}[1m]))"#, [#"{app=a} 20"#]),
        Case(.instant, #"sum by (app)(count_over_time({app=~"a|b"}[1m])) and on () vector(1)"#, [#"{app=a} 20"#, #"{app=b} 6"#]),
        Case(.instant, #"vector(3)"#, [#"{} 3"#]),
        Case(.instant, #"vector(1)+vector(2)"#, [#"{} 3"#]),
        Case(.instant, #"2^3^2 % 5"#, [#"2"#]),
        Case(.instant, #"sum(count_over_time({app="none"}[1m])) or vector(0)"#, [#"{} 0"#]),
        Case(.instant, #"label_replace(sum by (app)(count_over_time({app=~"a|b"}[1m])), "svc", "$1-x", "app", "(.*)")"#, [
            #"{app=a,svc=a-x} 20"#, #"{app=b,svc=b-x} 6"#,
        ]),
        Case(.instant, #"sort_desc(sum by (pod)(count_over_time({app=~"a|b"}[1m])))"#, [#"{pod=a1} 15"#, #"{pod=b1} 6"#, #"{pod=a2} 5"#]),
        Case(.instant, #"sort(sum by (pod)(count_over_time({app=~"a|b"}[1m])))"#, [#"{pod=a2} 5"#, #"{pod=b1} 6"#, #"{pod=a1} 15"#]),
        Case(.instant, #"topk(1, sum by (env, pod)(count_over_time({app=~"a|b"}[1m]))) by (env)"#, [#"{env=dev,pod=a2} 5"#, #"{env=prod,pod=a1} 15"#]),
        Case(.instant, #"bottomk(2, sum by (pod)(count_over_time({app=~"a|b"}[1m])))"#, [#"{pod=a2} 5"#, #"{pod=b1} 6"#]),
        Case(.instant, #"approx_topk(2, sum by (pod)(count_over_time({app=~"a|b"}[1m])))"#, [#"{pod=a1} 15"#, #"{pod=b1} 6"#]),
        Case(.instant, #"count(count_over_time({app=~"a|b"}[1m]))"#, [#"{} 3"#]),
        Case(.instant, #"stdvar(count_over_time({app=~"a|b"}[1m]))"#, [#"{} 20.22222222222222"#]),
        Case(.instant, #"avg by (app)(count_over_time({app=~"a|b"}[1m] offset 10s))"#, [#"{app=a} 9"#, #"{app=b} 5"#]),
        Case(.instant, #"count_over_time({app="b"}[1m] offset -10s)"#, [#"{app=b,env=prod,pod=b1} 5"#]),
        Case(.instant, #"sum(count_over_time({app="a"} | json [1m]))"#, [#"{} 20"#]),
        Case(.instant, #"sum(count_over_time({app="a"} | logfmt | level="error" | user=~"u[01]" [1m])) by (user)"#, [#"{user=u0} 6"#]),
        Case(.instant, #"sum by (__error__)(count_over_time({app="j"} | json | __error__!="" [1m]))"#, [#"{__error__=JSONParserErr} 2"#]),
        Case(.instant, #"quantile_over_time(0.99, {app="a"} | logfmt | unwrap duration(dur) [1m]) by (env) * 1000"#, [
            #"{env=dev} 168.40000000000003"#, #"{env=prod} 564.3999999999999"#,
        ]),
        Case(.range, #"sum(count_over_time({app=~"a|b"}[20s]))"#, [#"{} 20:12 40:7 60:7"#]),
        Case(.range, #"sum by (level)(count_over_time({app="a"} | logfmt [20s]))"#, [#"{level=error} 20:2 40:2 60:2"#, #"{level=info} 20:8 40:3 60:3"#]),
        Case(.range, #"topk(1, sum by (pod)(count_over_time({app=~"a|b"}[20s])))"#, [#"{pod=a1} 20:5 40:5 60:5"#]),
        Case(.range, #"vector(1)"#, [#"{} 0:1 20:1 40:1 60:1 80:1"#]),
        Case(.range, #"1"#, [#"{} 0:1 20:1 40:1 60:1 80:1"#]),
        Case(.range, #"absent_over_time({app="b"}[5s])"#, [#"{app=b} 0:1 20:1 40:1 60:1 80:1"#]),
        Case(.range, #"sum by (app)(rate({app=~"a|b"}[20s] offset 20s))"#, [#"{app=a} 40:0.5 60:0.25 80:0.25"#, #"{app=b} 40:0.1 60:0.1 80:0.1"#]),
        Case(.range, #"max_over_time({app="a"} | logfmt | unwrap n [20s]) by (env)"#, [#"{env=dev} 20:17"#, #"{env=prod} 20:17 40:37 60:57"#]),
        Case(.failure, #"{app="a"}"#, [#"log queries are not supported as an instant query type, plea"#]),
        Case(.failure, #"sum_over_time({app="b"} | logfmt | unwrap n [1m])"#, [#"pipeline error: 'SampleExtractionErr' for series: '{__error_"#]),
        Case(.failure, #"sum by (app)(count_over_time({app="a"} | json [1m]))"#, [#"pipeline error: 'JSONParserErr' for series: '{__error__="JSO"#]),
        Case(.failure, #"sum(count_over_time({app="b"} | logfmt | n > 30 [1m]))"#, [#"pipeline error: 'LabelFilterErr' for series: '{__error__="La"#]),
        Case(.failure, #"count_over_time({app="j"} | json [1m])"#, [#"pipeline error: 'JSONParserErr' for series: '{__error__="JSO"#]),
    ]
}
