import Glibc
import Runtimes

/// What `skysail shim FOLDER` is in the shipped binary, small enough to be built for Runtimes' tests.
@main
enum ShimProgram {
    static func main() {
        guard CommandLine.arguments.count == 2 else { return }
        exit(Shim.main(folder: CommandLine.arguments[1]))
    }
}
