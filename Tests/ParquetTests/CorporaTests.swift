import Bytes
import Diagnostics
import Parquet
import Testing

/// The Parquet project's own test files.
@Suite(.enabled(if: Corpora.isPresent, Corpora.absence))
struct CorporaTests {
    private static func bytes(_ path: String) throws -> [UInt8] {
        try Corpora.bytes("parquet-testing/\(path)")
    }

    private static func checksum(_ rows: [String]) -> UInt32 {
        Array(rows.map { $0 + "\n" }.joined().utf8).withUnsafeBytes { crc32Checksum($0) }
    }

    /// Rows and the CRC-32 of their JSON, taken when pyarrow 26 gave the same rows.
    ///
    /// pyarrow refuses `incorrect_map_schema`, whose keys are optional, and reads the last row of
    /// `int96_from_spark` as no calendar has it; Spark wrote 290000-12-31 there. `ARROW-GH-43605`
    /// has dictionary codes of no bits, which is unusual and right.
    private static let files: [(path: String, rowCount: Int, checksum: UInt32)] = [
        ("bad_data/ARROW-GH-43605.parquet", 21186, 0x687E_8ED5),
        ("data/alltypes_dictionary.parquet", 2, 0x6520_7623),
        ("data/alltypes_plain.parquet", 8, 0xE5C3_52B2),
        ("data/alltypes_plain.snappy.parquet", 2, 0x1161_EF56),
        ("data/alltypes_tiny_pages.parquet", 7300, 0x3E2C_03E6),
        ("data/alltypes_tiny_pages_plain.parquet", 7300, 0x3E2C_03E6),
        ("data/binary.parquet", 12, 0x0B60_7797),
        ("data/binary_truncated_min_max.parquet", 12, 0x4833_27BA),
        ("data/byte_array_decimal.parquet", 24, 0xDCAF_CD59),
        ("data/byte_stream_split.zstd.parquet", 300, 0xAB8B_930C),
        ("data/byte_stream_split_extended.gzip.parquet", 200, 0x086F_8A1E),
        ("data/column_chunk_key_value_metadata.parquet", 0, 0x0000_0000),
        ("data/concatenated_gzip_members.parquet", 513, 0x1BDF_C84B),
        ("data/data_index_bloom_encoding_stats.parquet", 14, 0xA94C_743A),
        ("data/data_index_bloom_encoding_with_length.parquet", 14, 0xA94C_743A),
        ("data/datapage_v1-snappy-compressed-checksum.parquet", 5120, 0xA0A1_A338),
        ("data/datapage_v1-uncompressed-checksum.parquet", 5120, 0xA0A1_A338),
        ("data/datapage_v2.snappy.parquet", 5, 0x17D9_3258),
        ("data/datapage_v2_empty_datapage.snappy.parquet", 1, 0x2838_C4CE),
        ("data/delta_binary_packed.parquet", 200, 0x735D_1F65),
        ("data/delta_byte_array.parquet", 1000, 0x8E8E_7A21),
        ("data/delta_encoding_optional_column.parquet", 100, 0x271D_51D8),
        ("data/delta_encoding_required_column.parquet", 100, 0x60D1_B8EF),
        ("data/delta_length_byte_array.parquet", 1000, 0xA55D_D36F),
        ("data/dict-page-offset-zero.parquet", 39, 0xC90C_2629),
        ("data/fixed_length_byte_array.parquet", 1000, 0x1A7F_92A9),
        ("data/fixed_length_decimal.parquet", 24, 0xDCAF_CD59),
        ("data/fixed_length_decimal_legacy.parquet", 24, 0xDCAF_CD59),
        ("data/float16_nonzeros_and_nans.parquet", 8, 0x0229_1BD1),
        ("data/float16_zeros_and_nans.parquet", 3, 0x62C9_D2AB),
        ("data/floating_orders_nan_count.parquet", 50, 0x5A46_AB2A),
        ("data/geospatial/crs-arbitrary-value.parquet", 1, 0xF729_EACF),
        ("data/geospatial/crs-default.parquet", 1, 0x2B47_08CC),
        ("data/geospatial/crs-geography.parquet", 1, 0x403A_A732),
        ("data/geospatial/crs-projjson.parquet", 1, 0xF729_EACF),
        ("data/geospatial/crs-srid.parquet", 1, 0xF729_EACF),
        ("data/geospatial/geography-lines.parquet", 499, 0xC76C_A0EC),
        ("data/geospatial/geography-points.parquet", 500, 0x8956_F803),
        ("data/geospatial/geography-polygons.parquet", 500, 0xAC18_CD92),
        ("data/geospatial/geospatial-with-nan.parquet", 3, 0xDDBC_EDB2),
        ("data/geospatial/geospatial.parquet", 196, 0x16E8_5A76),
        ("data/hadoop_lz4_compressed.parquet", 4, 0xB3C0_34C3),
        ("data/hadoop_lz4_compressed_larger.parquet", 10000, 0x99E9_90C7),
        ("data/incorrect_map_schema.parquet", 1, 0x3BDA_AA16),
        ("data/int32_decimal.parquet", 24, 0xDCAF_CD59),
        ("data/int32_with_null_pages.parquet", 1000, 0xE570_B84B),
        ("data/int64_decimal.parquet", 24, 0xDCAF_CD59),
        ("data/int96_from_spark.parquet", 6, 0x2581_866E),
        ("data/list_columns.parquet", 3, 0x4F77_E13A),
        ("data/lz4_raw_compressed.parquet", 4, 0xB3C0_34C3),
        ("data/lz4_raw_compressed_larger.parquet", 10000, 0x99E9_90C7),
        ("data/map_no_value.parquet", 3, 0x9AA9_E511),
        ("data/nan_in_stats.parquet", 2, 0xD62D_AD12),
        ("data/nation.dict-malformed.parquet", 25, 0x259B_F27E),
        ("data/nested_lists.snappy.parquet", 3, 0x3538_5F9F),
        ("data/nested_maps.snappy.parquet", 6, 0x55CB_BBC3),
        ("data/nested_structs.rust.parquet", 1, 0x9C3C_3161),
        ("data/non_hadoop_lz4_compressed.parquet", 4, 0xB3C0_34C3),
        ("data/nonnullable.impala.parquet", 1, 0x6BD7_1E4C),
        ("data/null_list.parquet", 1, 0x783D_B51C),
        ("data/nullable.impala.parquet", 7, 0xB5F2_84CE),
        ("data/nulls.snappy.parquet", 8, 0x8B6C_299B),
        ("data/old_list_structure.parquet", 1, 0x6214_99FB),
        ("data/overflow_i16_page_cnt.parquet", 40000, 0x7172_17C5),
        ("data/page_v2_empty_compressed.parquet", 10, 0x60BC_829C),
        ("data/plain-dict-uncompressed-checksum.parquet", 1000, 0x99C1_B2EA),
        ("data/repeated_no_annotation.parquet", 6, 0xD23F_A109),
        ("data/repeated_primitive_no_list.parquet", 4, 0x3549_B75B),
        ("data/rle-dict-snappy-checksum.parquet", 1000, 0x770C_D711),
        ("data/rle_boolean_encoding.parquet", 68, 0x6B96_9E6B),
        ("data/single_nan.parquet", 1, 0x7E35_1509),
        ("data/sort_columns.parquet", 6, 0x5B3A_B0F4),
        ("data/unknown-logical-type.parquet", 3, 0xE0B6_743D),
    ]

    @Test("Each file has the rows that pyarrow reads, in batches of any size", arguments: files)
    func rows(_ file: (path: String, rowCount: Int, checksum: UInt32)) throws {
        let bytes = try Self.bytes(file.path)
        let rows = try readRows(bytes)
        #expect(rows.count == file.rowCount)
        #expect(Self.checksum(rows) == file.checksum)
        #expect(try readRows(bytes, rowsMax: 17) == rows)
    }

    private static let refusals: [(path: String, offset: Int?, message: String)] = [
        (
            "bad_data/ARROW-GH-41317.parquet", 3015,
            "column timestamp_us_no_tz: its pages end after 0 rows, the row group has 3"
        ),
        (
            "bad_data/ARROW-GH-41321.parquet", 1313,
            "column int64: a page of encoding plainDictionary is damaged: malformed value at offset 7 (field 254, 2 bytes left)"
        ),
        (
            "bad_data/ARROW-GH-45185.parquet", 4,
            "column x.element: a page of encoding plain is damaged: malformed value at offset 0 (field 0, 1 bytes left)"
        ),
        (
            "bad_data/ARROW-GH-47662.parquet", 4,
            "column flba_field: a page of encoding plain is damaged: needed 400 bytes at offset 0, found 364"
        ),
        (
            "bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet", nil,
            "column region_key is said to have 125 bytes at 466, the file has 533"
        ),
        (
            "bad_data/ARROW-RS-GH-6229-LEVELS.parquet", 19,
            "column outer.item: a page is said to have 21 values, 1 are left in the chunk"
        ),
        (
            "bad_data/PARQUET-1481.parquet", nil,
            "column Handle has the physical type -7, which the format does not know"
        ),
        (
            "data/datapage_v1-corrupt-checksum.parquet", 4,
            "column a: a page's checksum is 256863498, its header says 3150855069"
        ),
        (
            "data/large_string_map.brotli.parquet", 4,
            "column arr.key is compressed with codec 4, which is not supported; none, snappy, gzip, lz4, zstd and lz4_raw are"
        ),
        (
            "data/rle-dict-uncompressed-corrupt-checksum.parquet", 4,
            "column long_field: a page's checksum is 1696784233, its header says 1696784234"
        ),
    ]

    @Test("Each damaged file is refused, with what is wrong and where", arguments: refusals)
    func refusal(_ file: (path: String, offset: Int?, message: String)) throws {
        let bytes = try Self.bytes(file.path)
        let error = try #require(throws: FormatError.self) { try readRows(bytes) }
        #expect(error == FormatError(file: "test.parquet", file.message, offset: file.offset))
    }

    @Test(
        "Encrypted footers are refused as that",
        arguments: [
            "data/aes256/encrypt_columns_and_footer.parquet.encrypted",
            "data/aes256/encrypt_columns_and_footer_ctr.parquet.encrypted",
            "data/aes256/encrypt_columns_and_footer_disable_aad_storage.parquet.encrypted",
            "data/aes256/uniform_encryption.parquet.encrypted",
            "data/encrypt_columns_and_footer.parquet.encrypted",
            "data/encrypt_columns_and_footer_aad.parquet.encrypted",
            "data/encrypt_columns_and_footer_bloom_filter.parquet.encrypted",
            "data/encrypt_columns_and_footer_ctr.parquet.encrypted",
            "data/encrypt_columns_and_footer_disable_aad_storage.parquet.encrypted",
            "data/external_key_material_java.parquet.encrypted",
            "data/uniform_encryption.parquet.encrypted",
        ]
    )
    func encryptedFooter(path: String) throws {
        let bytes = try Self.bytes(path)
        let error = try #require(throws: FormatError.self) { try readRows(bytes) }
        #expect(error.message == "its footer is encrypted, which is not supported")
    }

    @Test(
        "Encrypted columns are refused by name",
        arguments: [
            ("data/aes256/encrypt_columns_plaintext_footer.parquet.encrypted", "boolean_field"),
            ("data/encrypt_columns_plaintext_footer.parquet.encrypted", "float_field"),
        ]
    )
    func encryptedColumn(path: String, column: String) throws {
        let bytes = try Self.bytes(path)
        let error = try #require(throws: FormatError.self) { try readRows(bytes) }
        #expect(error.message == "column \(column) is encrypted, which is not supported")
    }
}
