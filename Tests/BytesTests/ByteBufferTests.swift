import Bytes
import Testing

@Suite("ByteBuffer")
struct ByteBufferTests {
    @Test("what is appended comes out in order, through every growth")
    func growth() {
        var buffer = ByteBuffer(capacityBytes: 1)
        var expected: [UInt8] = []
        for number in 0..<5000 {
            buffer.append(UInt8(truncatingIfNeeded: number))
            expected.append(UInt8(truncatingIfNeeded: number))
        }
        buffer.append(utf8: "aé")
        buffer.append(contentsOf: [7, 8])
        buffer.appendInteger(UInt16(0x0201))
        buffer.appendBigEndian(UInt16(0x0201))
        expected += [0x61, 0xC3, 0xA9, 7, 8, 1, 2, 2, 1]
        #expect(buffer.toArray() == expected)
        let count = buffer.count
        #expect(count == 5009)
    }

    @Test("a length is written over its place, and removal keeps nothing")
    func overwrite() {
        var buffer = ByteBuffer()
        buffer.append(9)
        buffer.appendInteger(UInt32(0))
        buffer.append(9)
        buffer.overwrite(0x0403_0201, at: 1)
        #expect(buffer.toArray() == [9, 1, 2, 3, 4, 9])
        buffer.removeAll()
        #expect(buffer.toArray() == [])
    }

    @Test("overwriting outside of the bytes ends the program, not the neighbour's memory")
    func overwriteOutside() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(9)
            buffer.overwrite(1, at: 0)
        }
    }
}
