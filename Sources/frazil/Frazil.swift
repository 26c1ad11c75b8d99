import ArgumentParser
import Glibc

/// The program: one subcommand per file of `Commands`.
@main
struct Frazil: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frazil",
        abstract: "Keeps Apache Iceberg tables equal to MySQL, MariaDB and PostgreSQL tables.",
        discussion: """
            A pipeline file says which database goes to which lake:

              pipeline: shop
              source:
                type: mysql
                url: mysql://replicator:${SHOP_PASSWORD}@127.0.0.1:3306
                tables: ["shop.*", "!shop.tmp_*"]
              lake:
                catalog: { type: sqlite, path: lake/catalog.db }
                warehouse: lake/warehouse

            Begin with:

              frazil check shop.yaml    says what the server still needs
              frazil plan shop.yaml     shows what would be made
              frazil run shop.yaml      copies the tables, then follows the changes

            Exit codes: 0 good, 1 a check or comparison found something, 2 wrong usage or \
            configuration, 3 a failure at run time.
            """,
        version: "frazil \(programVersion)",
        subcommands: [
            RunCommand.self, CheckCommand.self, PlanCommand.self, StatusCommand.self,
            VerifyCommand.self, InspectCommand.self, SchemaCommand.self,
        ]
    )

    static func main() async {
        // A closed pipe behind us is no reason to die in the middle of a commit.
        signal(SIGPIPE, SIG_IGN)
        returnFreedMemory()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            finish(with: error)
        }
    }
}

/// What `frazil --version` says.
let programVersion = "0.1.0"
