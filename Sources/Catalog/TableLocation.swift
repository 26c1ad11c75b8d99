/// Where tables go that are given no location.
public enum TableLocation {
    /// A folder's name for a level of a namespace or a table, whatever characters that has.
    ///
    /// Letters, digits, `_`, `-` and inner dots stay; every other byte becomes `_xHH`, as engines
    /// disagree about which characters of a location are to be decoded.
    public static func folderName(_ name: String) -> String {
        var folder = ""
        for (index, byte) in name.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                folder.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where index > 0: folder.append(".")
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                folder += byte < 16 ? "_x0\(digits)" : "_x\(digits)"
            }
        }
        return folder
    }
}
