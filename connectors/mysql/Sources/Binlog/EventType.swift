/// The numbers of the binlog events that we look into.
///
/// Source: MySQL `libs/mysql/binlog/event/binlog_event.h`; MariaDB `sql/log_event.h`.
enum EventType {
    static let query: UInt8 = 2
    static let stop: UInt8 = 3
    static let rotate: UInt8 = 4
    static let intvar: UInt8 = 5
    static let rand: UInt8 = 13
    static let userVariable: UInt8 = 14
    static let formatDescription: UInt8 = 15
    static let xid: UInt8 = 16
    static let beginLoadQuery: UInt8 = 17
    static let executeLoadQuery: UInt8 = 18
    static let tableMap: UInt8 = 19
    static let writeRowsV1: UInt8 = 23
    static let updateRowsV1: UInt8 = 24
    static let deleteRowsV1: UInt8 = 25
    static let incident: UInt8 = 26
    static let heartbeat: UInt8 = 27
    static let ignorable: UInt8 = 28
    static let rowsQuery: UInt8 = 29
    static let writeRowsV2: UInt8 = 30
    static let updateRowsV2: UInt8 = 31
    static let deleteRowsV2: UInt8 = 32
    static let gtid: UInt8 = 33
    static let anonymousGTID: UInt8 = 34
    static let previousGTIDs: UInt8 = 35
    static let transactionContext: UInt8 = 36
    static let viewChange: UInt8 = 37
    static let xaPrepare: UInt8 = 38
    static let partialUpdateRows: UInt8 = 39
    static let transactionPayload: UInt8 = 40
    static let heartbeatV2: UInt8 = 41
    static let taggedGTID: UInt8 = 42
    static let annotateRows: UInt8 = 160
    static let binlogCheckpoint: UInt8 = 161
    static let mariadbGTID: UInt8 = 162
    static let gtidList: UInt8 = 163
    static let startEncryption: UInt8 = 164
    static let queryCompressed: UInt8 = 165
    static let writeRowsCompressedV1: UInt8 = 166
    static let updateRowsCompressedV1: UInt8 = 167
    static let deleteRowsCompressedV1: UInt8 = 168
    static let writeRowsCompressedV2: UInt8 = 169
    static let updateRowsCompressedV2: UInt8 = 170
    static let deleteRowsCompressedV2: UInt8 = 171

    /// Set in events that a reader may skip without knowing them.
    static let ignorableFlag: UInt16 = 0x80
    /// Set in events that the server made up for us; they are not in the file.
    static let artificialFlag: UInt16 = 0x20
}

/// What the rows of a rows event went through.
enum RowsKind {
    case write
    case update
    case delete
}
