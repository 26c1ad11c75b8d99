internal import Bytes

/// Numbers with two zeros that are equal and differ in their bits.
///
/// Iceberg's readers look literals up in dictionaries and Bloom filters by their bits. Where SQL asks
/// for 0.0 they would leave out row groups that have no zero but -0.0, and the other way around. So
/// whatever of ours tells of one zero tells of both.
protocol SignedZero: BinaryFloatingPoint {
    associatedtype Bits: FixedWidthInteger & BitwiseCopyable
    var bitPattern: Bits { get }
}

extension Float: SignedZero {}
extension Double: SignedZero {}

extension DistinctValues {
    /// Adds the zero that is missing where there is one of the two; no row has its code.
    mutating func addOtherZero<T: SignedZero>(of type: T.Type) {
        let zeros = [T.zero.bitPattern, (-T.zero).bitPattern]
        let known = UnsafeRawPointer(values.pointer).assumingMemoryBound(to: T.Bits.self)
        let found = zeros.filter { zero in (0..<count).contains { known[$0] == zero } }
        guard found.count == 1, let missing = zeros.first(where: { $0 != found[0] }) else { return }
        addUncoded(missing)
    }
}

extension SplitBlockFilter {
    /// Inserts both zeros where one of `plain`, values one after another, is one.
    mutating func insertZeros<T: SignedZero>(of plain: borrowing ByteBuffer, _ type: T.Type) {
        let values = UnsafeRawPointer(plain.pointer)
        let hasZero = stride(from: 0, to: plain.count, by: MemoryLayout<T>.size).contains {
            values.loadUnaligned(fromByteOffset: $0, as: T.Bits.self) << 1 == 0
        }
        guard hasZero else { return }
        for zero in [T.zero, -T.zero] { withUnsafeBytes(of: zero) { insert(xxHash64($0)) } }
    }
}
