/// The known key that a misspelt one probably meant, as a full path.
///
/// Keys of the same section come first; then a key of another section with nearly the same name,
/// since a key is also misplaced easily.
func nearestKey(
    to name: String,
    in section: [ConfigurationKey],
    path: String,
    root: [ConfigurationKey] = pipelineKeys
) -> String? {
    func nearest(_ candidates: [(name: String, path: String)], mistakesMax: Int) -> String? {
        candidates
            .map { (distance: editDistance($0.name, name), path: $0.path) }
            .filter { $0.distance <= mistakesMax }
            .min { $0.distance < $1.distance }?
            .path
    }
    let siblings = section.map { ($0.name, joinedPath(path, $0.name)) }
    return nearest(siblings, mistakesMax: max(2, name.count / 2))
        ?? nearest(allKeys(root, path: ""), mistakesMax: 1)
}

/// `section.key`, or the key alone at the top.
func joinedPath(_ section: String, _ name: String) -> String {
    section.isEmpty ? name : "\(section).\(name)"
}

private func allKeys(
    _ keys: [ConfigurationKey],
    path: String
) -> [(name: String, path: String)] {
    keys.flatMap { key in
        let keyPath = joinedPath(path, key.name)
        return [(key.name, keyPath)] + allKeys(key.shape.keys, path: keyPath)
    }
}

/// The fewest letters to insert, drop, replace or swap with a neighbour that turn one word into
/// the other.
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased())
    let right = Array(right.lowercased())
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var best = min(
                previous[column] + (letter == other ? 0 : 1),
                min(previous[column + 1], current[column]) + 1
            )
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                best = min(best, beforePrevious[column - 1] + 1)
            }
            current.append(best)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[right.count]
}
