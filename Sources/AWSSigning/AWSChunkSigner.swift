/// Frames and signs a body chunk by chunk, each signature building on the one before.
///
/// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header:
/// Transferring Payload in Multiple Chunks".
public struct AWSChunkSigner: Sendable {
    private let key: [UInt8]
    private let prefix: String
    private var signature: String

    /// - `requestSignature`: What ``AWSSigner/sign(_:payload:credentials:atSeconds:)`` returned for
    ///   the same moment.
    public init(
        _ signer: AWSSigner,
        requestSignature: String,
        credentials: AWSCredentials,
        atSeconds seconds: Int
    ) {
        let timestamp = AWSTimestamp(secondsSince1970: seconds)
        key = signer.signingKey(credentials, timestamp)
        prefix = """
            \(AWSSigner.algorithm)-PAYLOAD
            \(timestamp.text)
            \(signer.scope(timestamp))
            """
        signature = requestSignature
    }

    /// The bytes of a chunk in their frame; an empty chunk ends the body.
    ///
    /// All chunks but the last one before the end must have one size, of at least 8 KiB.
    public mutating func frame(_ bytes: [UInt8]) -> [UInt8] {
        let text = """
            \(prefix)
            \(signature)
            \(Self.emptyHash)
            \(hexadecimal(Digest.sha256(bytes)))
            """
        signature = hexadecimal(Digest.hmacSHA256(key: key, Array(text.utf8)))
        return Array(Self.head(bytes.count, signature).utf8) + bytes + [0x0D, 0x0A]
    }

    /// How many bytes a body of `byteCount` bytes has with all its frames.
    public static func framedByteCount(byteCount: Int, chunkBytes: Int) -> Int {
        func framed(_ count: Int) -> Int {
            head(count, String(repeating: "0", count: 64)).utf8.count + count + 2
        }
        let (whole, rest) = byteCount.quotientAndRemainder(dividingBy: chunkBytes)
        return whole * framed(chunkBytes) + (rest > 0 ? framed(rest) : 0) + framed(0)
    }

    private static func head(_ byteCount: Int, _ signature: String) -> String {
        "\(String(byteCount, radix: 16));chunk-signature=\(signature)\r\n"
    }

    private static let emptyHash = hexadecimal(Digest.sha256([]))
}
