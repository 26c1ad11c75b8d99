public import ChangeModel

/// Where a PostgreSQL database is, who we are there, and which of its tables are wanted.
public struct PostgresSourceConfiguration: Sendable {
    public var host: String
    public var port: Int
    public var user: String
    public var password: String?
    public var database: String
    /// Further connection parameters in libpq's words, such as `sslmode`.
    public var parameters: [String: String]
    public var pipelineName: String
    public var slotName: String
    public var publicationName: String
    public var isChosen: @Sendable (SourceTableName) -> Bool
    public var connectTimeoutSeconds: Int

    public init(
        host: String,
        port: Int = 5432,
        user: String,
        password: String?,
        database: String,
        parameters: [String: String] = [:],
        pipelineName: String,
        slotName: String,
        publicationName: String,
        connectTimeoutSeconds: Int = 10,
        isChosen: @escaping @Sendable (SourceTableName) -> Bool
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        // As libpq has it: the user's name is the default.
        self.database = database.isEmpty ? user : database
        self.parameters = parameters
        self.pipelineName = pipelineName
        self.slotName = slotName
        self.publicationName = publicationName
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.isChosen = isChosen
    }

    /// The slot's and publication's name of a pipeline unless others are given: `frazil_` and the
    /// pipeline's name in the characters that a slot's name may have.
    public static func defaultStreamName(pipelineName: String) -> String {
        var name = "frazil_"
        for scalar in pipelineName.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9", "_": name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return String(name.prefix(Limits.slotNameBytesMax))
    }
}
