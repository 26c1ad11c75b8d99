internal import ObjectStore

/// A bucket and a key in it, as a path names them.
///
/// `s3a` and `s3n` are what Hadoop calls the same store; tables written there are read here. The key
/// is everything behind the bucket's slash, byte for byte: nothing is decoded.
struct S3Location: Equatable {
    static let schemes = ["s3", "s3a", "s3n"]

    /// The path as it was given.
    let path: String
    let bucket: String
    let key: String

    /// - Throws: ``StoreError`` `.permission` for a path that names no key in a bucket.
    init(_ path: String) throws(StoreError) {
        self.path = path
        (bucket, key) = try Self.parts(of: path)
        guard !key.isEmpty else {
            throw StoreError(.permission, "\(path) names a bucket, but no file in it")
        }
        guard key.utf8.count <= S3Limits.keyBytesMax else {
            throw StoreError(
                .permission,
                "\(path) is too long: a key has at most \(S3Limits.keyBytesMax) bytes"
            )
        }
    }

    /// The bucket and the key's beginning that a folder stands for.
    ///
    /// - Returns: The beginning ends with a slash; that of a whole bucket is empty.
    static func folder(
        _ path: String
    ) throws(StoreError) -> (root: String, bucket: String, prefix: String) {
        var (bucket, prefix) = try parts(of: path)
        var rootByteCount = path.utf8.count - prefix.utf8.count
        var root = path
        if !path.hasSuffix("/") {
            root += "/"
            if prefix.isEmpty { rootByteCount += 1 } else { prefix += "/" }
        }
        return (String(decoding: root.utf8.prefix(rootByteCount), as: UTF8.self), bucket, prefix)
    }

    private static func parts(of path: String) throws(StoreError) -> (bucket: String, key: String) {
        guard let mark = path.firstRange(of: "://"),
            schemes.contains(path[..<mark.lowerBound].lowercased())
        else {
            throw StoreError(
                .permission,
                "\(path) is no file in a bucket: expected s3://bucket/folder/file"
            )
        }
        let rest = path[mark.upperBound...].utf8
        let bucket = rest.prefix { $0 != UInt8(ascii: "/") }
        guard (1...255).contains(bucket.count), bucket.allSatisfy(isBucketByte) else {
            throw StoreError(
                .permission,
                "\(path) names no bucket: one has letters, digits, dots and dashes"
            )
        }
        return (String(Substring(bucket)), String(Substring(rest[bucket.endIndex...].dropFirst())))
    }

    private static func isBucketByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
