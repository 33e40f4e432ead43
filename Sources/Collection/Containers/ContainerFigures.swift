/// What a control group says of one container at one moment. nil: the host does not tell.
package struct ContainerFigures: Sendable, Equatable {
    package struct DeviceIO: Sendable, Equatable {
        /// `major:minor`.
        package var device: String
        package var readBytes: UInt64
        package var writeBytes: UInt64
        package var reads: UInt64
        package var writes: UInt64
    }

    /// Pressure stall: total microseconds in which some, or all, tasks waited.
    package struct Pressure: Sendable, Equatable {
        package var someMicroseconds: UInt64
        package var fullMicroseconds: UInt64
    }

    /// What a container may use at most.
    package struct Limits: Sendable, Equatable {
        /// -1: as much as there is.
        package var cpuQuotaMicroseconds: Int64?
        package var cpuPeriodMicroseconds: UInt64?
        package var cpuShares: UInt64?
        package var memoryLimit: UInt64?
    }

    package var limits = Limits()

    // CPU, in nanoseconds.
    package var cpuUsage: UInt64?
    package var cpuUser: UInt64?
    package var cpuSystem: UInt64?
    package var cfsPeriods: UInt64?
    package var cfsThrottledPeriods: UInt64?
    package var cfsThrottled: UInt64?

    // Memory, in bytes.
    package var memoryUsage: UInt64?
    package var memoryMaximumUsage: UInt64?
    package var memoryFailures: UInt64?
    package var rss: UInt64?
    package var cache: UInt64?
    package var swap: UInt64?
    package var mappedFile: UInt64?
    package var inactiveFile: UInt64?
    package var pageFaults: UInt64?
    package var majorPageFaults: UInt64?
    /// Without those of groups below it, where the kernel tells them apart.
    package var ownPageFaults: UInt64?
    package var ownMajorPageFaults: UInt64?
    package var outOfMemoryKills: UInt64?

    package var processes: UInt64?
    package var threads: UInt64?
    package var devices: [DeviceIO] = []
    package var cpuPressure: Pressure?
    package var memoryPressure: Pressure?
    package var ioPressure: Pressure?

    package init() {}

    /// What the kernel cannot take back at once: usage without the inactive file pages.
    ///
    /// - Source: cAdvisor; never below zero.
    package var workingSet: UInt64? {
        guard let memoryUsage else { return nil }
        let inactive = inactiveFile ?? 0
        return memoryUsage > inactive ? memoryUsage - inactive : 0
    }

    package var isEmpty: Bool { cpuUsage == nil && memoryUsage == nil && processes == nil }
}
