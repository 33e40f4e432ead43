import Environment
import Telemetry

extension Error {
    /// The store's own error, of whatever went wrong below it.
    var asStoreError: StoreError {
        switch self {
        case let error as StoreError: error
        case let error as FileError: error.cause == .full || error.cause == .readOnly
            ? StoreError(.readOnly, "the log store is read-only: \(error)") : StoreError(.environment, String(describing: error))
        case let error as PartFailure: StoreError(.corrupt, String(describing: error))
        default: StoreError(.environment, "cannot use the log store: \(self)")
        }
    }
}
