// Input files: the forms people have, and broken ones.
#include "frontend/inputs.hpp"

#include <doctest/doctest.h>
#include <zip.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "core/error.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;

namespace {

template <class T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& values,
                bool fortran = false) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 10, ' ');
  header.back() = '\n';
  std::string bytes = "\x93NUMPY";
  bytes += {1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return bytes;
}

}  // namespace

TEST_CASE("json_inputs_hold_one_or_several_samples_a_list") {
  CHECK(parse_json_inputs(R"({"input_data": [[1, 2.5], [3, -4]]})", 2, "f") ==
        std::vector<double>{1, 2.5, 3, -4});
  CHECK(parse_json_inputs(R"({"input_data": [[1, 2, 3, 4]]})", 2, "f") == std::vector<double>{1, 2, 3, 4});
  CHECK(parse_json_inputs(R"({"input_data": [[[1], [2]], [3, 4]]})", 2, "f") ==
        std::vector<double>{1, 2, 3, 4});
  // Two model inputs of 1 and 2 values, one sample.
  CHECK(parse_json_inputs(R"({"input_data": [[1], [2, 3]]})", 3, "f") == std::vector<double>{1, 2, 3});
}

TEST_CASE("json_inputs_that_do_not_fit_say_why") {
  for (const std::string text :
       {"", "{", "[]", "{}", R"({"input_data": 3})", R"({"input_data": []})", R"({"input_data": [[]]})",
        R"({"input_data": [[1, 2, 3]]})", R"({"input_data": [[1, "x"]]})", R"({"input_data": [[1, null]]})",
        R"({"input_data": [[1, {"a": []}]]})", R"({"input_data": [1, 2]})"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_json_inputs(text, 2, "file.json"), doctest::Contains("file.json"), Error);
  }
}

TEST_CASE("json_nested_a_million_deep_is_refused_without_recursion") {
  const std::string deep =
      R"({"input_data": [)" + std::string(1000000, '[') + std::string(1000000, ']') + "]}";
  CHECK_THROWS_AS(parse_json_inputs(deep, 2, "f"), Error);
}

TEST_CASE("npy_arrays_of_all_types_and_orders_are_read") {
  CHECK(parse_npy(npy<float>("<f4", "(2, 2)", {1, 2, 3, 4}), "f").values == std::vector<double>{1, 2, 3, 4});
  CHECK(parse_npy(npy<double>("<f8", "(4,)", {1, 2, 3, 4}), "f").values == std::vector<double>{1, 2, 3, 4});
  CHECK(parse_npy(npy<double>("<f8", "()", {7}), "f").values == std::vector<double>{7});
  CHECK(parse_npy(npy<std::int64_t>("<i8", "(1, 2)", {-1, 2}), "f").values == std::vector<double>{-1, 2});
  CHECK(parse_npy(npy<std::uint8_t>("|u1", "(2,)", {255, 1}), "f").values == std::vector<double>{255, 1});
  CHECK(parse_npy(npy<std::uint16_t>("<f2", "(1,)", {0xbe00}), "f").values == std::vector<double>{-1.5});
  CHECK(parse_npy(npy<std::uint16_t>(">i2", "(1,)", {0x0201}), "f").values == std::vector<double>{0x0102});
  // [[1, 2, 3], [4, 5, 6]] in Fortran order.
  const NumpyArray array = parse_npy(npy<float>("<f4", "(2, 3)", {1, 4, 2, 5, 3, 6}, true), "f");
  CHECK(array.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(array.shape == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("broken_npy_files_are_refused") {
  const std::string good = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK_THROWS_AS(parse_npy(good.substr(0, length), "f"), Error);
  }
  CHECK_THROWS_AS(parse_npy(good + "x", "f"), Error);
  for (const auto& [type, shape] :
       std::vector<std::pair<std::string, std::string>>{{"<f4", "(2, 3)"},
                                                        {"<f4", "(18446744073709551615, 2)"},
                                                        {"<f4", "(99999999999, 99999999999)"},
                                                        {"<f4", "(-1,)"},
                                                        {"<f4", "(4"},
                                                        {"<f4", ""},
                                                        {"<c8", "(4,)"},
                                                        {"|O", "(4,)"},
                                                        {"<U4", "(4,)"},
                                                        {"<f9", "(4,)"},
                                                        {"=f4", "(4,)"},
                                                        {"", "(4,)"}}) {
    CAPTURE(type);
    CAPTURE(shape);
    CHECK_THROWS_AS(parse_npy(npy<float>(type, shape, {1, 2, 3, 4}), "f"), Error);
  }
}

TEST_CASE("npz_archives_with_one_array_are_read_and_others_refused") {
  const testing::ScratchFolder folder;
  const auto file = folder / "inputs.npz";
  const std::string array = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
  for (const int arrays : {1, 2}) {
    zip_t* archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    REQUIRE(archive != nullptr);
    for (int i = 0; i < arrays; ++i) {
      zip_source_t* source = zip_source_buffer(archive, array.data(), array.size(), 0);
      zip_file_add(archive, ("arr_" + std::to_string(i) + ".npy").c_str(), source, 0);
    }
    REQUIRE(zip_close(archive) == 0);
    if (arrays == 1) {
      CHECK(read_inputs(file, 2) == std::vector<double>{1, 2, 3, 4});
      CHECK_THROWS_WITH_AS(read_inputs(file, 3),
                           doctest::Contains("shape (2, 2); the model takes 3 values a sample"), Error);
    } else {
      CHECK_THROWS_WITH_AS(read_inputs(file, 2), doctest::Contains("holds 2 arrays"), Error);
    }
  }
  std::ofstream(file) << "no archive";
  CHECK_THROWS_AS(read_inputs(file, 2), Error);
}

TEST_CASE("several_json_lists_are_a_sample_each") {
  // Two features of four samples: a transposed table, whose lists could be cut into samples.
  CHECK_THROWS_WITH_AS(parse_json_inputs(R"({"input_data": [[1, 2, 3, 4], [5, 6, 7, 8]]})", 2, "f"),
                       doctest::Contains("lists of 4, 4 values; the model takes 2 a sample"), Error);
}

TEST_CASE("an_array_has_a_row_of_features_a_sample") {
  const testing::ScratchFolder folder;
  const auto file = folder / "inputs.npy";
  const auto read = [&](const std::string& shape, std::uint32_t features) {
    std::ofstream(file, std::ios::binary) << npy<float>("<f4", shape, {1, 2, 3, 4, 5, 6, 7, 8});
    return read_inputs(file, features).size();
  };
  CHECK(read("(4, 2)", 2) == 8);
  CHECK(read("(2, 2, 2)", 4) == 8);
  CHECK(read("(8,)", 8) == 8);
  CHECK(read("(8,)", 1) == 8);
  CHECK_THROWS_WITH_AS(
      read("(2, 4)", 2),
      doctest::Contains(
          "shape (2, 4); the model takes 2 values a sample: save shape (samples, 2), the transpose"),
      Error);
  for (const auto& [shape, features] : std::vector<std::pair<std::string, std::uint32_t>>{
           {"(2, 4)", 8}, {"(8,)", 2}, {"(8,)", 4}, {"(2, 2, 2)", 2}, {"(2, 4)", 1}, {"(1, 8)", 4}}) {
    CAPTURE(shape);
    CHECK_THROWS_WITH_AS(read(shape, features), doctest::Contains(("shape " + shape).c_str()), Error);
  }
  std::ofstream(file, std::ios::binary) << npy<float>("<f4", "(0, 2)", {});
  CHECK_THROWS_WITH_AS(read_inputs(file, 2), doctest::Contains("no samples"), Error);
  std::ofstream(file, std::ios::binary) << npy<float>("<f4", "()", {1});
  CHECK_THROWS_WITH_AS(read_inputs(file, 1), doctest::Contains("shape ()"), Error);
}

TEST_CASE("a_value_that_is_no_number_is_named_by_its_place") {
  const testing::ScratchFolder folder;
  const auto file = folder / "inputs.npy";
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::ofstream(file, std::ios::binary) << npy<float>("<f4", "(2, 2)", {1, 2, 3, value});
    CHECK_THROWS_WITH_AS(read_inputs(file, 2), doctest::Contains("value 1 of sample 1"), Error);
  }
}

TEST_CASE("unknown_and_missing_input_files_are_named") {
  CHECK_THROWS_AS(read_inputs("/nonexistent/inputs.json", 2), Error);
  const testing::ScratchFolder folder;
  const auto file = folder / "inputs.txt";
  std::ofstream(file) << "1,2\n";
  CHECK_THROWS_WITH_AS(read_inputs(file, 2), doctest::Contains("unknown kind"), Error);
  const auto table = folder / "inputs.csv";
  std::ofstream(table) << "a,b\n1,2\n";
  CHECK(read_inputs(table, 2) == std::vector<double>{1, 2});
}

TEST_CASE("rows_of_csv_are_samples_and_a_first_line_without_numbers_names_columns") {
  const std::vector<double> expected{1, -2.5, 3e4, 4};
  for (const char* text : {"1,-2.5\n3e4,4\n", "age,income\n1,-2.5\n3e4,4",
                           "\xEF\xBB\xBF\"age\", income\r\n1 , -2.5\r\n\"3e4\",4\r\n\r\n"}) {
    CAPTURE(text);
    CHECK(parse_csv_inputs(text, 2, "x.csv") == expected);
  }
}

TEST_CASE("csv_that_holds_no_numbers_says_where") {
  const auto refusal_of = [](const char* text) {
    return testing::refusal(ErrorKind::bad_input, [&] { (void)parse_csv_inputs(text, 2, "x.csv"); });
  };
  CHECK(testing::contains(refusal_of("age,income\n1,2\n3,\n"), "line 3, column 2 (income) is empty"));
  CHECK(testing::contains(refusal_of("1,2\n3,high\n"), "line 2, column 2 is 'high'"));
  CHECK(testing::contains(refusal_of("1,x\n"), "column 2 is 'x'"));
  CHECK(testing::contains(refusal_of("1,2,3\n"), "line 1 has 3 columns; the model takes 2"));
  CHECK(testing::contains(refusal_of("a,b\n"), "no rows"));
  CHECK(testing::contains(refusal_of(""), "no rows"));
  CHECK(testing::contains(refusal_of("1;2\n"), "1 columns"));
}
