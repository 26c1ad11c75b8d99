import AWSSigning
import HTTPClient
import Testing

@Suite("Signatures")
struct SignatureTests {
    /// The credentials and the moment of AWS's Signature Version 4 test suite.
    static let suiteCredentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    )
    /// 2015-08-30 12:36:00 UTC.
    static let suiteSeconds = 1_440_938_160

    static func sign(
        _ request: HTTPRequest,
        _ signer: AWSSigner,
        _ payload: AWSSigner.Payload = .bytes([]),
        _ credentials: AWSCredentials = suiteCredentials,
        at seconds: Int = suiteSeconds
    ) throws -> (signature: String, headers: HTTPHeaders) {
        var request = request
        let signature = try signer.sign(
            &request,
            payload: payload,
            credentials: credentials,
            atSeconds: seconds
        )
        return (signature, request.headers)
    }

    /// A case of the test suite: the file's name, the request, and its signature.
    struct SuiteCase: CustomTestStringConvertible {
        var name: String
        var method = HTTPMethod.get
        var target: String
        var headers: [(String, String)] = []
        var body = ""
        var signature: String

        var testDescription: String { name }
    }

    static let suiteCases = [
        SuiteCase(
            name: "get-vanilla",
            target: "/",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        SuiteCase(
            name: "get-vanilla-query-order-key-case",
            target: "/?Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        SuiteCase(
            name: "get-vanilla-query-unreserved",
            target: "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
                + "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"
        ),
        SuiteCase(
            name: "get-vanilla-empty-query-key",
            target: "/?Param1=value1",
            signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"
        ),
        SuiteCase(
            name: "get-unreserved",
            target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
        ),
        SuiteCase(
            name: "get-utf8",
            target: "/%E1%88%B4",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
        ),
        SuiteCase(
            name: "get-relative-relative",
            target: "/example1/example2/../..",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        SuiteCase(
            name: "get-slash",
            target: "//",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        SuiteCase(
            name: "get-space",
            target: "/example%20space/",
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
        ),
        SuiteCase(
            name: "get-header-key-duplicate",
            target: "/",
            headers: [
                ("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1"),
            ],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
        ),
        SuiteCase(
            name: "get-header-value-trim",
            target: "/",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
        SuiteCase(
            name: "post-vanilla",
            method: .post,
            target: "/",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        ),
        SuiteCase(
            name: "post-x-www-form-urlencoded",
            method: .post,
            target: "/",
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
    ]

    @Test("AWS's own test suite is signed as it says", arguments: suiteCases)
    func suite(_ one: SuiteCase) throws {
        var request = HTTPRequest(one.method, "https://example.amazonaws.com\(one.target)")
        for (name, value) in one.headers { request.headers.add(name, value) }
        let signer = AWSSigner(
            region: "us-east-1",
            service: "service",
            paths: .normalized,
            namesPayload: false
        )
        let signed = try Self.sign(request, signer, .bytes(Array(one.body.utf8)))
        #expect(signed.signature == one.signature)
        #expect(
            signed.headers["Authorization"]?.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                    + "SignedHeaders="
            ) == true
        )
    }

    /// The credentials and the moment of the S3 documentation's examples: 2013-05-24 00:00:00 UTC.
    static let exampleCredentials = AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )
    static let exampleSeconds = 1_369_353_600
    static let s3 = AWSSigner.s3(region: "us-east-1")

    static func example(
        _ method: HTTPMethod,
        _ target: String,
        _ headers: HTTPHeaders = [:],
        body: String = ""
    ) throws -> String {
        try sign(
            HTTPRequest(
                method,
                "https://examplebucket.s3.amazonaws.com\(target)",
                headers: headers
            ),
            s3,
            .bytes(Array(body.utf8)),
            exampleCredentials,
            at: exampleSeconds
        ).signature
    }

    @Test("the S3 documentation's examples are signed as they say")
    func s3Examples() throws {
        #expect(
            try Self.example(.get, "/test.txt", ["Range": "bytes=0-9"])
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        )
        #expect(
            try Self.example(
                .put,
                "/test%24file.text",
                [
                    "Date": "Fri, 24 May 2013 00:00:00 GMT",
                    "x-amz-storage-class": "REDUCED_REDUNDANCY",
                ],
                body: "Welcome to Amazon S3."
            ) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        )
        #expect(
            try Self.example(.get, "/?lifecycle")
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        )
        #expect(
            try Self.example(.get, "/?max-keys=2&prefix=J")
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        )
    }

    @Test("a URL carries its signature in the query, as the S3 documentation shows")
    func signedURL() throws {
        let url = try Self.s3.signedURL(
            HTTPRequest(.get, "https://examplebucket.s3.amazonaws.com/test.txt"),
            payload: .unsigned,
            credentials: Self.exampleCredentials,
            atSeconds: Self.exampleSeconds,
            lifetimeSeconds: 86_400
        )
        #expect(
            url == "https://examplebucket.s3.amazonaws.com/test.txt"
                + "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature="
                + "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        )
    }

    @Test("a body is signed chunk by chunk, as the S3 documentation shows")
    func chunks() throws {
        var request = HTTPRequest(
            .put,
            "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
            headers: ["x-amz-storage-class": "REDUCED_REDUNDANCY"]
        )
        // The example signs the length of the framed body, too, which this client adds itself.
        #expect(AWSChunkSigner.framedByteCount(byteCount: 66_560, chunkBytes: 65_536) == 66_824)
        let signature = try Self.s3.sign(
            &request,
            payload: .chunks(byteCount: 66_560),
            credentials: Self.exampleCredentials,
            atSeconds: Self.exampleSeconds
        )
        #expect(request.headers["Content-Encoding"] == "aws-chunked")
        #expect(request.headers["X-Amz-Decoded-Content-Length"] == "66560")
        #expect(signature.utf8.count == 64)
        var signer = AWSChunkSigner(
            Self.s3,
            requestSignature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            credentials: Self.exampleCredentials,
            atSeconds: Self.exampleSeconds
        )
        var frames: [UInt8] = []
        for (count, head) in [
            (
                65_536,
                "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
            ),
            (
                1024,
                "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
            ),
            (
                0,
                "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
            ),
        ] {
            let content = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            let frame = signer.frame(content)
            #expect(frame == Array("\(head)\r\n".utf8) + content + Array("\r\n".utf8))
            frames += frame
        }
        #expect(frames.count == 66_824)
    }

    @Test("the headers that S3 wants are there, and a session's token is signed")
    func s3Headers() throws {
        var credentials = Self.exampleCredentials
        credentials.sessionToken = "the/token=="
        let request = HTTPRequest(.put, "http://localhost:9000/b/k", headers: ["User-Agent": "x"])
        let signed = try Self.sign(
            request,
            Self.s3,
            .unsigned,
            credentials,
            at: Self.exampleSeconds
        )
        #expect(signed.headers["X-Amz-Date"] == "20130524T000000Z")
        #expect(signed.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD")
        #expect(signed.headers["X-Amz-Security-Token"] == "the/token==")
        let authorization = signed.headers["Authorization"] ?? ""
        #expect(
            authorization.contains(
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
            )
        )
        // Signing again, with other credentials, leaves nothing of the first.
        var again = request
        again.headers = signed.headers
        let second = try Self.sign(again, Self.s3, .bytes([]), Self.exampleCredentials)
        #expect(second.headers["X-Amz-Security-Token"] == nil)
        #expect(second.headers.fields.count { $0.name == "Authorization" } == 1)
    }

    @Test("an S3 key is signed byte for byte, other services' paths normalized and encoded twice")
    func pathRules() throws {
        func signature(_ target: String, _ paths: AWSSigner.PathRule) throws -> String {
            let signer = AWSSigner(
                region: "us-east-1",
                service: "s3",
                paths: paths,
                namesPayload: false
            )
            return try Self.sign(HTTPRequest(.get, "https://host\(target)"), signer).signature
        }
        // Keys that differ are signed differently, however they would be normalized.
        let keys = ["/a//b", "/a/b", "/a/./b", "/a/b/", "/a%2Fb%2F", "/a%20b", "/a+b"]
        let signatures = try Set(keys.map { try signature($0, .asKeys) })
        #expect(signatures.count == keys.count - 1, "an encoded slash is a slash")
        // How the client spelled it does not matter, as the server spells it anew.
        #expect(try signature("/a%2bb~", .asKeys) == signature("/a+b%7E", .asKeys))
        #expect(try signature("/a b".encoded, .normalized) == signature("/x/../a%20b", .normalized))
        #expect(
            try signature("/a%20b", .normalizedEncodedTwice)
                == signature("/a%2520b", .normalized)
        )
    }

    @Test("credentials that are printed, whole or in parts, show no secret")
    func redaction() {
        let credentials = AWSCredentials(
            accessKeyID: "AKID",
            secretAccessKey: "hidden1",
            sessionToken: "hidden2"
        )
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped]
        {
            #expect(!text.contains("hidden"), "\(text)")
        }
    }
}

extension String {
    fileprivate var encoded: String { URIEncoding.encode(self, keepingSlashes: true) }
}
