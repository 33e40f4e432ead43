import Bytes
import ClusterAPI
import Posix
import Testing

@testable import Collection

@Suite("Figures of recorded control groups")
struct CgroupReaderTests {
    @Test("both versions tell the same figures in nanoseconds and bytes", arguments: [RecordedHost.v1, .v2])
    func sameFigures(host: RecordedHost) {
        let figures = host.read()
        // Version 2 counts microseconds: what is below is lost.
        #expect(figures.cpuUsage.map { $0 / 1000 } == 12_345_678)
        #expect(figures.cpuUser == 8_000_000_000)
        #expect(figures.cpuSystem.map { $0 / 1000 } == 4_345_678)
        #expect(figures.cfsPeriods == 1200)
        #expect(figures.cfsThrottledPeriods == 34)
        #expect(figures.cfsThrottled == 5_600_000_000)
        #expect(figures.limits.cpuQuotaMicroseconds == 50_000)
        #expect(figures.limits.cpuPeriodMicroseconds == 100_000)
        #expect(figures.memoryUsage == 104_857_600)
        #expect(figures.memoryMaximumUsage == 157_286_400)
        #expect(figures.limits.memoryLimit == 268_435_456)
        #expect(figures.memoryFailures == 7)
        #expect(figures.outOfMemoryKills == 2)
        #expect(figures.rss == 62_914_560)
        #expect(figures.cache == 41_943_040)
        #expect(figures.swap == 1_048_576)
        #expect(figures.mappedFile == 8_388_608)
        #expect(figures.pageFaults == 98_765)
        #expect(figures.majorPageFaults == 43)
        #expect(figures.workingSet == 104_857_600 - 20_971_520)
        #expect(figures.processes == 3)
        #expect(figures.threads == 5)
    }

    @Test("input and output are told per device, sums over child groups first", arguments: [RecordedHost.v1, .v2])
    func devices(host: RecordedHost) {
        let devices = host.read().devices.sorted { $0.device < $1.device }
        #expect(
            devices == [
                .init(device: "8:0", readBytes: 4096, writeBytes: 8192, reads: 2, writes: 3),
                .init(device: "8:16", readBytes: 512, writeBytes: 0, reads: 1, writes: 0),
            ])
    }

    @Test("weights of version 2 are told as shares")
    func shares() {
        #expect(RecordedHost.v1.read().limits.cpuShares == 512)
        #expect(RecordedHost.v2.read().limits.cpuShares == 500)
    }

    @Test("pressure is told where the unified hierarchy is mounted")
    func pressure() {
        #expect(RecordedHost.v1.read().cpuPressure == nil)
        let figures = RecordedHost.v2.read()
        #expect(figures.cpuPressure == .init(someMicroseconds: 2_500_000, fullMicroseconds: 1_250_000))
        #expect(figures.memoryPressure == .init(someMicroseconds: 300, fullMicroseconds: 200))
        #expect(figures.ioPressure == .init(someMicroseconds: 4_000_000, fullMicroseconds: 3_000_000))
    }

    @Test("a hybrid host gives controllers of version 1 and pressure of version 2")
    func hybrid() {
        let figures = RecordedHost.hybrid.read()
        // Nanoseconds: the unified hierarchy's microseconds do not stand in.
        #expect(figures.cpuUsage == 269_976_421)
        #expect(figures.cpuUser == 124_000_000)
        #expect(figures.cpuSystem == 139_984_146)
        #expect(figures.cfsThrottled == 123_205_802)
        #expect(figures.limits.cpuQuotaMicroseconds == 50_000)
        #expect(figures.memoryUsage == 188_416)
        #expect(figures.workingSet == 188_416 - 36_864)
        #expect(figures.limits.memoryLimit == 268_435_456)
        #expect(figures.processes == 0)
        #expect(figures.cpuPressure == .init(someMicroseconds: 193_679, fullMicroseconds: 179_443))
        #expect(figures.devices.isEmpty)
    }

    @Test("a group that is not there has no figures", arguments: RecordedHost.allCases)
    func absent(host: RecordedHost) {
        #expect(CgroupReader(host.hierarchy, files: PosixFileSystem()).read("skysail/podnone/app").isEmpty)
    }

    @Test("a working set is never below zero")
    func workingSet() {
        var figures = ContainerFigures()
        figures.memoryUsage = 10
        figures.inactiveFile = 20
        #expect(figures.workingSet == 0)
    }
}
