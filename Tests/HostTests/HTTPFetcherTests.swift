import Environment
import Host
import Testing

@Suite("Outbound fetch")
struct HTTPFetcherTests {
    @Test("a closed port is an error that names the URL and the cause")
    func refused() async {
        let fetcher = HTTPFetcher()
        let error = await #expect(throws: FetchError.self) {
            try await fetcher.fetch(FetchRequest("GET", "http://127.0.0.1:1/", timeout: .seconds(2)))
        }
        #expect(error?.description.hasPrefix("cannot fetch http://127.0.0.1:1/: ") == true)
        await fetcher.shutdown()
    }
}
