import AWSSigning
import Glibc
import HTTPClient
import HTTPTestKit
import Synchronization
import TestKit
import Testing

@Suite("Credentials")
struct CredentialsTests {
    let temporary = TemporaryFolder()
    var folder: String { temporary.path }

    func write(_ name: String, _ text: String) -> String {
        temporary.write(Array(text.utf8), name)
        return "\(folder)/\(name)"
    }

    static let client = HTTPClient(HTTPClientConfiguration(proxy: .none))

    static func environment(_ values: [String: String]) -> @Sendable (String) -> String? {
        { values[$0] }
    }

    func profile(_ values: [String: String]) -> AWSProfile {
        AWSProfile(Self.environment(values))
    }

    @Test("the environment gives a key with its secret, and says when half is missing")
    func environment() async throws {
        let full = [
            "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
        ]
        #expect(
            try await EnvironmentCredentials(Self.environment(full)).credentials()
                == AWSCredentials(accessKeyID: "k", secretAccessKey: "s", sessionToken: "t")
        )
        let none = EnvironmentCredentials(Self.environment(["AWS_ACCESS_KEY_ID": ""]))
        #expect(try await none.credentials() == nil)
        let half = EnvironmentCredentials(Self.environment(["AWS_ACCESS_KEY_ID": "k"]))
        await #expect(throws: AWSCredentialsError.self) { _ = try await half.credentials() }
    }

    @Test("profiles are read from both files, and the credentials file wins")
    func profiles() async throws {
        let config = write(
            "config",
            """
            # a comment
            [default]
            region = eu-west-1
            aws_access_key_id = not-this
            aws_secret_access_key = not-this

            [profile work]
            region=us-west-2
            s3 =
              aws_access_key_id = not-this-either
            Aws_Access_Key_Id = work-key
            aws_secret_access_key =  work=secret/==\u{20}
            """
        )
        let secrets = write(
            "credentials",
            """
            [default]
            aws_access_key_id = key
            aws_secret_access_key = secret
            aws_session_token = token
            [empty]
            """
        )
        let files = ["AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": secrets]
        let standard = profile(files)
        #expect(standard.region == "eu-west-1")
        #expect(
            try await ProfileCredentials({ standard }).credentials()
                == AWSCredentials(
                    accessKeyID: "key",
                    secretAccessKey: "secret",
                    sessionToken: "token"
                )
        )
        let work = profile(files.merging(["AWS_PROFILE": "work"]) { $1 })
        #expect(work.region == "us-west-2")
        #expect(
            try await ProfileCredentials({ work }).credentials()
                == AWSCredentials(accessKeyID: "work-key", secretAccessKey: "work=secret/==")
        )
        for (name, words) in [("empty", "has no access key"), ("absent", "found no AWS profile")] {
            let chosen = profile(files.merging(["AWS_PROFILE": name]) { $1 })
            let error = await #expect(throws: AWSCredentialsError.self) {
                _ = try await ProfileCredentials({ chosen }).credentials()
            }
            #expect(error?.message.contains(words) == true)
        }
        let nobody = profile([:])
        #expect(try await ProfileCredentials({ nobody }).credentials() == nil)
    }

    @Test("the home folder's files are found")
    func home() async throws {
        mkdir("\(folder)/.aws", 0o700)
        _ = write(
            ".aws/credentials",
            "[default]\naws_access_key_id = k\naws_secret_access_key = s\n"
        )
        let environment = Self.environment(["HOME": folder])
        let source = ProfileCredentials { AWSProfile(environment) }
        #expect(try await source.credentials()?.accessKeyID == "k")
        _ = write(
            ".aws/credentials",
            "[default]\naws_access_key_id = new\naws_secret_access_key = s\n"
        )
        #expect(try await source.credentials()?.accessKeyID == "new")
    }

    static let metadataAnswer = """
        {"Code": "Success", "AccessKeyId": "ASIA1", "SecretAccessKey": "s", "Token": "t",
         "Expiration": "2030-01-02T03:04:05Z"}
        """
    static let metadataCredentials = AWSCredentials(
        accessKeyID: "ASIA1",
        secretAccessKey: "s",
        sessionToken: "t",
        expiresAtSeconds: 1_893_553_445
    )

    @Test("an instance's role is asked for with a session token")
    func instance() async throws {
        let failures = Progress()
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                switch (request.method, request.target) {
                case ("PUT", "/latest/api/token"):
                    #expect(request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
                    try connection.answer(200, [:], Array("session".utf8))
                case ("GET", "/latest/meta-data/iam/security-credentials/"):
                    #expect(request.headers["x-aws-ec2-metadata-token"] == "session")
                    // The first time the service is out of breath.
                    failures.add(1)
                    try connection.answer(
                        failures.value == 1 ? 503 : 200,
                        [:],
                        Array("my role".utf8)
                    )
                case ("GET", "/latest/meta-data/iam/security-credentials/my%20role"):
                    #expect(request.headers["x-aws-ec2-metadata-token"] == "session")
                    try connection.answer(200, [:], Array(Self.metadataAnswer.utf8))
                default: try connection.answer(404)
                }
            }
        }
        let source = InstanceCredentials(
            Self.environment(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "\(server.url)/"]),
            client: Self.client
        )
        #expect(try await source.credentials() == Self.metadataCredentials)
        let forbidden = InstanceCredentials(
            Self.environment([
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
                "AWS_EC2_METADATA_DISABLED": "TRUE",
            ]),
            client: Self.client
        )
        #expect(try await forbidden.credentials() == nil)
    }

    @Test("an instance without a role has no credentials, which is no error")
    func instanceWithoutRole() async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                try connection.answer(request.method == "PUT" ? 200 : 404, [:], [0x78])
            }
        }
        let source = InstanceCredentials(
            Self.environment(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]),
            client: Self.client
        )
        #expect(try await source.credentials() == nil)
    }

    @Test("a container's role is asked for with its token, in plain only within the machine")
    func container() async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                #expect(request.target == "/role?id=1")
                #expect(request.headers["authorization"] == "from-file")
                try connection.answer(200, [:], Array(Self.metadataAnswer.utf8))
            }
        }
        let token = write("token", "from-file\n")
        let values = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.url)/role?id=1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token,
        ]
        let source = ContainerCredentials(Self.environment(values), client: Self.client)
        #expect(try await source.credentials() == Self.metadataCredentials)
        let outside = ContainerCredentials(
            Self.environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/role"]),
            client: Self.client
        )
        let error = await #expect(throws: AWSCredentialsError.self) {
            _ = try await outside.credentials()
        }
        #expect(error?.message.contains("example.com without TLS") == true)
        let none = ContainerCredentials(Self.environment([:]), client: Self.client)
        #expect(try await none.credentials() == nil)
    }

    @Test("a metadata service that answers nonsense is an error without what it said")
    func nonsense() async throws {
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil {
                try connection.answer(200, [:], Array("{\"SecretAccessKey\": \"hidden\"}".utf8))
            }
        }
        let source = ContainerCredentials(
            Self.environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url]),
            client: Self.client
        )
        let error = await #expect(throws: AWSCredentialsError.self) {
            _ = try await source.credentials()
        }
        #expect(error?.description.contains("hidden") == false)
    }

    @Test("a web identity takes on its role")
    func webIdentity() async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                #expect(
                    String(decoding: request.body, as: UTF8.self)
                        == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                        + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=frazil"
                        + "&WebIdentityToken=a.b%2Bc"
                )
                let answer = """
                    <?xml version="1.0"?><AssumeRoleWithWebIdentityResponse xmlns="x">
                    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>
                    <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
                    <Expiration>2030-01-02T03:04:05.678Z</Expiration></Credentials>
                    </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                    """
                try connection.answer(200, [:], Array(answer.utf8))
            }
        }
        let token = write("jwt", "a.b+c\n")
        let values = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ENDPOINT_URL_STS": server.url,
        ]
        let source = WebIdentityCredentials(
            Self.environment(values),
            profile: profile([:]),
            region: "eu-west-1",
            client: Self.client
        )
        #expect(try await source?.credentials() == Self.metadataCredentials)
        #expect(
            WebIdentityCredentials(
                Self.environment([:]),
                profile: profile([:]),
                region: "eu-west-1",
                client: Self.client
            ) == nil
        )
    }

    @Test("a web identity that is refused says the code, and not the token")
    func webIdentityRefused() async throws {
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil {
                let answer = """
                    <ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
                    <Message>hidden</Message></Error></ErrorResponse>
                    """
                try connection.answer(403, [:], Array(answer.utf8))
            }
        }
        let token = write("jwt", "hidden")
        let values = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "role",
            "AWS_ENDPOINT_URL_STS": server.url,
        ]
        let source = try #require(
            WebIdentityCredentials(
                Self.environment(values),
                profile: profile([:]),
                region: "eu-west-1",
                client: Self.client
            )
        )
        let error = await #expect(throws: AWSCredentialsError.self) {
            _ = try await source.credentials()
        }
        #expect(error?.message.contains("403 (AccessDenied)") == true)
        #expect(error?.description.contains("hidden") == false)
        #expect(error?.isRetryable == false)
    }

    /// Hands out credentials that hold for a while, counting how often it is asked.
    final class Issuer: AWSCredentialsSource {
        let state = Mutex((asked: 0, now: 1000, fails: false))

        func credentials() async throws -> AWSCredentials? {
            try await Task.sleep(for: .milliseconds(20))
            return try state.withLock { state in
                state.asked += 1
                if state.fails { throw AWSCredentialsError("out of reach", isRetryable: true) }
                return AWSCredentials(
                    accessKeyID: "k\(state.asked)",
                    secretAccessKey: "s",
                    expiresAtSeconds: state.now + 3600
                )
            }
        }

        var asked: Int { state.withLock { $0.asked } }
        func set(now: Int, fails: Bool = false) {
            state.withLock { ($0.now, $0.fails) = (now, fails) }
        }
        var cached: CachedCredentials {
            CachedCredentials(self, nowSeconds: { self.state.withLock { $0.now } })
        }
    }

    @Test("credentials are kept until shortly before their end, and asked for once by many")
    func cache() async throws {
        let issuer = Issuer()
        let cached = issuer.cached
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try await cached.credentials()?.accessKeyID } }
            for try await key in group { #expect(key == "k1") }
        }
        issuer.set(now: 1000 + 3600 - CachedCredentials.renewalSeconds - 1)
        #expect(try await cached.credentials()?.accessKeyID == "k1")
        issuer.set(now: 1000 + 3600 - CachedCredentials.renewalSeconds)
        #expect(try await cached.credentials()?.accessKeyID == "k2")
        #expect(issuer.asked == 2)
    }

    @Test("credentials that a service does not take are asked for anew, once")
    func discarded() async throws {
        let issuer = Issuer()
        let cached = issuer.cached
        let first = try #require(try await cached.credentials())
        await cached.discard(first)
        let second = try #require(try await cached.credentials())
        #expect(second.accessKeyID == "k2")
        // A late complaint about the first ones.
        await cached.discard(first)
        #expect(try await cached.credentials() == second)
    }

    @Test("credentials that still hold outlive a source that is out of reach")
    func sourceFails() async throws {
        let issuer = Issuer()
        let cached = issuer.cached
        _ = try await cached.credentials()
        issuer.set(now: 1000 + 3599, fails: true)
        #expect(try await cached.credentials()?.accessKeyID == "k1")
        issuer.set(now: 1000 + 3600, fails: true)
        await #expect(throws: AWSCredentialsError.self) { _ = try await cached.credentials() }
    }

    @Test("the first source that has credentials gives them")
    func chain() async throws {
        let key = FixedCredentials(AWSCredentials(accessKeyID: "k", secretAccessKey: "s"))
        let none = EnvironmentCredentials(Self.environment([:]))
        #expect(try await CredentialsChain([none, key]).credentials()?.accessKeyID == "k")
        #expect(try await CredentialsChain([none]).credentials() == nil)
    }
}
