internal import SourceInterface

/// Turns the client library's error numbers into errors that say what to do.
///
/// Source: MySQL Reference Manual, "Server Error Message Reference" and "Client Error Message
/// Reference".
enum ClientError {
    static let accessDenied: UInt32 = 1045
    static let lockWaitTimeout: UInt32 = 1205
    static let specificAccessDenied: UInt32 = 1227
    static let sourceFatalReadingLog: UInt32 = 1236
    static let tableDefinitionChanged: UInt32 = 1412
    static let tlsFailed: UInt32 = 2026
    private static let unknownHost: UInt32 = 2005

    static func ofConnecting(
        _ configuration: MySQLSourceConfiguration,
        _ number: UInt32,
        _ text: String
    ) -> SourceError {
        let what = "could not connect to \(configuration.address) as '\(configuration.user)'"
        switch number {
        case accessDenied, 1698, 1251, 1862, 1820:
            return SourceError(
                .permission,
                "\(what): the server refuses this user or password",
                remedy: "Check user and password in the source's url, and that the user may"
                    + " connect from this host"
            )
        case 2059, 2061:
            return SourceError(
                .configuration,
                "\(what): \(text)",
                remedy: "Use a login plugin that the client library has, or sslmode=required"
            )
        case 1049, 1044:
            return SourceError(.permission, "\(what): \(text)", remedy: "Check the user's grants")
        case unknownHost:
            return SourceError(
                .connection,
                "\(what): the host name is unknown",
                remedy: "Check the host in the source's url"
            )
        case tlsFailed:
            return SourceError(
                .configuration,
                "\(what): TLS failed: \(text)",
                remedy: "Check the server's certificate, or choose another sslmode"
            )
        case 1040, 1203:
            return SourceError(
                .connection,
                "\(what): the server has no free connection",
                remedy: "Raise max_connections or lower the number of snapshot workers"
            )
        default:
            return SourceError(
                .connection,
                "\(what): \(text) (error \(number))",
                remedy: "Check that the server runs and that host and port in the source's url"
                    + " are right"
            )
        }
    }

    static func ofServer(
        _ number: UInt32,
        _ text: String,
        address: String,
        purpose: String
    ) -> SourceError {
        let what = "could not \(purpose) on \(address): \(text) (error \(number))"
        switch number {
        case accessDenied, specificAccessDenied, 1044, 1142, 1143, 1370, 1410:
            return SourceError(
                .permission,
                what,
                remedy: "Give the user the grants that connectors/mysql/README.md lists"
            )
        case tableDefinitionChanged, 1054, 1146:
            return SourceError(.unsupportedChange, what, remedy: "Start the pipeline again")
        case lockWaitTimeout, 1213, 1317, 1927, 1053, 3024, 1969, 1159, 1160, 1161, 1158:
            return SourceError(.connection, what)
        case 2000...2999:
            return SourceError(.connection, what)
        default:
            return SourceError(.configuration, what)
        }
    }

    static func closed(_ address: String, _ purpose: String) -> SourceError {
        SourceError(
            .connection,
            "could not \(purpose) on \(address): the connection is closed"
        )
    }
}
