internal import Yams

/// The largest pipeline file that is read.
let pipelineFileBytesMax = 1 << 20

/// Parses the file's text.
///
/// The parser's own messages quote the line, and the line may hold a password; only the place and
/// the kind of problem go into the error.
func parseYAML(_ text: String, fileName: String) throws(ConfigurationError) -> Node {
    let remedy = "Compare it with the example in the README; strings may stand in double quotes"
    do {
        guard let node = try compose(yaml: text), node.null == nil else {
            throw ConfigurationError(
                "\(fileName) holds nothing",
                remedy: "A pipeline file begins with: pipeline: NAME"
            )
        }
        return node
    } catch let error as ConfigurationError {
        throw error
    } catch let error as YamlError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            throw ConfigurationError(
                "\(fileName) line \(mark.line) column \(mark.column): not YAML: \(problem)",
                remedy: remedy
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            throw ConfigurationError(
                "\(fileName) line \(context.mark.line): the key \(duplicates.first ?? "") "
                    + "stands twice",
                remedy: "Remove one of the two"
            )
        default:
            throw ConfigurationError("\(fileName) is not YAML", remedy: remedy)
        }
    } catch {
        throw ConfigurationError("\(fileName) is not YAML", remedy: remedy)
    }
}
