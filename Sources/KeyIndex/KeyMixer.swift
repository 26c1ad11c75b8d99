internal import Bytes
internal import TableModel

/// Spreads keys evenly over 64 bits, in a way that can be undone.
///
/// The table orders its slots by the spread form and stores nothing else of a key, so the form has
/// to say exactly which key it was: every step is a bijection. The seeds are secret, or somebody
/// who chooses the keys of rows could choose ones that all fall into one place.
struct KeyMixer: Equatable, Sendable {
    let seed0: UInt64
    let seed1: UInt64

    /// Seeds that follow from a secret and do not give it away.
    init(hasher: SipHash128) {
        let seeds = [UInt8]("order".utf8).withUnsafeBytes { hasher.hash($0) }
        (seed0, seed1) = (seeds.low, seeds.high)
    }

    init(seed0: UInt64, seed1: UInt64) {
        self.seed0 = seed0
        self.seed1 = seed1
    }

    private static var multiplier0: UInt64 { 0xBF58_476D_1CE4_E5B9 }
    private static var multiplier1: UInt64 { 0x94D0_49BB_1331_11EB }
    /// The multipliers' inverses modulo 2⁶⁴.
    private static var inverse0: UInt64 { 0x96DE_1B17_3F11_9089 }
    private static var inverse1: UInt64 { 0x3196_42B2_D24D_8EC3 }

    /// What a slot holds of a key: `order` is spread evenly, `rest` is zero when keys have 64 bits.
    @inline(__always)
    func mixed(_ key: KeyFingerprint) -> (order: UInt64, rest: UInt64) {
        if key.high == 0 { return (spread(key.low), 0) }
        return (spread(key.low ^ tweak(key.high)), key.high)
    }

    @inline(__always)
    func key(order: UInt64, rest: UInt64) -> KeyFingerprint {
        let low = gathered(order)
        return KeyFingerprint(high: rest, low: rest == 0 ? low : low ^ tweak(rest))
    }

    @inline(__always)
    private func tweak(_ high: UInt64) -> UInt64 {
        let product = (high ^ seed1) &* Self.multiplier1
        return (product ^ (product >> 32)) &* Self.multiplier0
    }

    @inline(__always)
    private func spread(_ value: UInt64) -> UInt64 {
        var mixed = value ^ seed0
        mixed = (mixed ^ (mixed >> 32)) &* Self.multiplier0 ^ seed1
        mixed = (mixed ^ (mixed >> 32)) &* Self.multiplier1
        return mixed ^ (mixed >> 32)
    }

    @inline(__always)
    private func gathered(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 32)) &* Self.inverse1
        mixed = ((mixed ^ (mixed >> 32)) ^ seed1) &* Self.inverse0
        return mixed ^ (mixed >> 32) ^ seed0
    }
}
