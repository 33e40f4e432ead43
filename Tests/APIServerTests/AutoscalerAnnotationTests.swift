import Bytes
import Testing

@testable import APIServer

@Suite("Metrics of an autoscaling/v1 autoscaler")
struct AutoscalerAnnotationTests {
    /// v1, v2. - Source: Kubernetes `autoscaling/v1` types.
    @Test(
        "a metric is the same in both versions, each in its own words",
        arguments: [
            (
                #"{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":70}}"#,
                #"{"type":"Resource","resource":{"name":"memory","target":{"averageUtilization":70,"type":"Utilization"}}}"#
            ),
            (
                #"{"type":"ContainerResource","containerResource":{"name":"cpu","container":"app","targetAverageValue":"200m"}}"#,
                #"{"type":"ContainerResource","containerResource":{"name":"cpu","container":"app","target":{"averageValue":"200m","type":"AverageValue"}}}"#
            ),
            (
                #"{"type":"Pods","pods":{"metricName":"qps","selector":{"matchLabels":{"a":"b"}},"targetAverageValue":"5"}}"#,
                #"{"type":"Pods","pods":{"metric":{"name":"qps","selector":{"matchLabels":{"a":"b"}}},"target":{"averageValue":"5","type":"AverageValue"}}}"#
            ),
            (
                #"{"type":"Object","object":{"target":{"kind":"Service","name":"front"},"metricName":"hits","targetValue":"15"}}"#,
                #"{"type":"Object","object":{"metric":{"name":"hits"},"describedObject":{"kind":"Service","name":"front"},"target":{"value":"15","type":"Value"}}}"#
            ),
            (
                #"{"type":"External","external":{"metricName":"tasks","metricSelector":{"matchLabels":{"queue":"jobs"}},"targetAverageValue":"2"}}"#,
                #"{"type":"External","external":{"metric":{"name":"tasks","selector":{"matchLabels":{"queue":"jobs"}}},"target":{"averageValue":"2","type":"AverageValue"}}}"#
            ),
        ])
    func metrics(old: String, new: String) throws {
        let (old, new) = (try JSONValue.parse(old), try JSONValue.parse(new))
        #expect(AutoscalerAnnotations.toCurrent(old, isStatus: false) == new)
        #expect(AutoscalerAnnotations.toOld(new, isStatus: false) == old)
        // Whoever already writes the names of v2 is understood.
        #expect(AutoscalerAnnotations.toCurrent(new, isStatus: false) == new)
    }

    @Test("what was measured, too")
    func statuses() throws {
        let old = try JSONValue.parse(#"{"type":"Pods","pods":{"metricName":"qps","currentAverageValue":"7"}}"#)
        let new = try JSONValue.parse(#"{"type":"Pods","pods":{"metric":{"name":"qps"},"current":{"averageValue":"7"}}}"#)
        #expect(AutoscalerAnnotations.toOld(new, isStatus: true) == old)
        #expect(AutoscalerAnnotations.toCurrent(old, isStatus: true) == new)
    }

    @Test("an object's average stands beside a value of zero, which v1 cannot leave out")
    func objectAverage() throws {
        let old = try JSONValue.parse(
            #"{"type":"Object","object":{"target":{"kind":"Service","name":"front"},"metricName":"hits","averageValue":"5","targetValue":"0"}}"#)
        let new = AutoscalerAnnotations.toCurrent(old, isStatus: false)
        #expect(new["object"]?["target"] == ["averageValue": "5", "type": "AverageValue"])
        #expect(AutoscalerAnnotations.toOld(new, isStatus: false) == old)
    }
}
