internal import CCrypto

/// The hashes that AWS protocols use, by libcrypto.
public enum Digest {
    public static let sha256ByteCount = 32

    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256(), 32) }

    /// For `Content-MD5` alone, which protects against accidents, not against people.
    public static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5(), 16) }

    public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: sha256ByteCount) { target, count in
            var length: UInt32 = 0
            let result = HMAC(
                EVP_sha256(),
                key,
                Int32(key.count),
                bytes,
                bytes.count,
                target.baseAddress,
                &length
            )
            precondition(result != nil && Int(length) == sha256ByteCount, "HMAC made no hash")
            count = sha256ByteCount
        }
    }

    /// With padding, and without line breaks.
    public static func base64(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { target in
            Int(EVP_EncodeBlock(target.baseAddress, bytes, Int32(bytes.count)))
        }
    }

    private static func digest(
        _ bytes: [UInt8],
        _ algorithm: OpaquePointer?,
        _ byteCount: Int
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            var length: UInt32 = 0
            let isMade = EVP_Digest(
                bytes,
                bytes.count,
                target.baseAddress,
                &length,
                algorithm,
                nil
            )
            precondition(isMade == 1 && Int(length) == byteCount, "a digest made no hash")
            count = byteCount
        }
    }
}

/// Two small hexadecimal digits for each byte.
public func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { target in
        for (index, byte) in bytes.enumerated() {
            target[2 * index] = digits[Int(byte >> 4)]
            target[2 * index + 1] = digits[Int(byte & 15)]
        }
        return bytes.count * 2
    }
}
