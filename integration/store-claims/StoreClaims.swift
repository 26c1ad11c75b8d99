import AWSSigning
import Glibc
import HTTPClient
import ObjectStore
import ObjectStoreTestKit
import S3ObjectStore

/// Checks a real S3 server by the behaviour suite of all stores; one line for each claim.
///
/// `store-claims s3://bucket/folder --endpoint http://host:port [--region name]`, with the key in
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Ends with 1 when a claim does not hold.
@main
struct StoreClaims {
    static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        guard let root = arguments.popFirst() else {
            print("store-claims s3://bucket/folder --endpoint http://host:port [--region name]")
            exit(2)
        }
        let store = store(options: Array(arguments))
        var failures = 0
        for claim in ObjectStoreBehaviour.claims {
            let start = ContinuousClock.now
            do {
                try await claim.verify(store, root: root)
                print("ok \(claim) (\(start.duration(to: .now)))")
            } catch {
                print("FAILED \(claim): \(error)")
                failures += 1
            }
        }
        exit(failures == 0 ? 0 : 1)
    }

    private static func store(options: [String]) -> S3ObjectStore {
        func value(_ name: String) -> String? {
            options.firstIndex(of: name).flatMap { index in
                options.indices.contains(index + 1) ? options[index + 1] : nil
            }
        }
        return S3ObjectStore(
            S3Configuration(
                endpoint: value("--endpoint"),
                region: value("--region") ?? "us-east-1",
                // The least that S3 takes, so that large files have several parts.
                partBytes: 5 << 20,
                listPageObjectsMax: ObjectStoreBehaviour.pageObjects,
                client: HTTPClientConfiguration(proxy: .none)
            ),
            credentials: EnvironmentCredentials { name in
                getenv(name).map { String(cString: $0) }
            }
        )
    }
}
