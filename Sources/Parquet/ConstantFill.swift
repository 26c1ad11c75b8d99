internal import Bytes
internal import Columns
internal import Diagnostics
internal import TableModel

/// Rows of a field that the file does not have: its initial default, or NULL.
///
/// Source: Iceberg specification, "Column Projection", "Default values".
struct ConstantFill {
    /// One row with the default; `nil` for NULL.
    private let value: Column?

    init(_ field: SchemaField, file: String) throws(FormatError) {
        guard let json = field.initialDefault, json != .null else {
            value = nil
            return
        }
        do throws(SingleValueFault) {
            let single = try SingleValue.read(json, as: field.type)
            value = single?.column(as: field.type)
        } catch {
            throw FormatError(
                file: file,
                "the default of column \(field.name), which the file does not have, is damaged: "
                    + "\(error)"
            )
        }
        guard value != nil else {
            throw FormatError(
                file: file,
                "the default of column \(field.name), which the file does not have, is no "
                    + "\(field.type)"
            )
        }
    }

    func append(
        to builder: UnsafeMutablePointer<ColumnBuilder>,
        _ slots: GroupAssembly.Slots
    ) {
        guard let value else {
            builder.pointee.appendNulls(slots.count)
            return
        }
        guard let isValid = slots.isValid else {
            builder.pointee.append(copies: slots.count, ofRow: 0, of: value)
            return
        }
        for flag in isValid {
            if flag != 0 {
                builder.pointee.append(row: 0, of: value)
            } else {
                builder.pointee.appendNull()
            }
        }
    }
}
