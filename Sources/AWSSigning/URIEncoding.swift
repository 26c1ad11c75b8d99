/// How AWS writes names in URLs: unreserved characters stay, every other byte becomes `%XX`.
///
/// Source: AWS General Reference, "Create a canonical request", UriEncode().
public enum URIEncoding {
    /// Encodes all of `text`, but for slashes where they part a path.
    public static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
        encode(text.utf8, keepingSlashes: keepingSlashes)
    }

    static func encode(_ bytes: some Collection<UInt8>, keepingSlashes: Bool) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count + bytes.count / 4)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            if isUnreserved(byte) || keepingSlashes && byte == UInt8(ascii: "/") {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The bytes that `%XX` stand for; a `%` without two digits stands for itself.
    public static func decode(_ text: some StringProtocol) -> [UInt8] {
        var decoded: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    /// Text as forms and S3's listings write it, where a plus is a blank.
    public static func formDecoded(_ text: String) -> String {
        String(
            decoding: decode(
                text.split(separator: "+", omittingEmptySubsequences: false)
                    .joined(separator: "%20")
            ),
            as: UTF8.self
        )
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
