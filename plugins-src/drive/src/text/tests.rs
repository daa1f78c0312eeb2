use std::fs;
use std::io::Write as _;

use remit_plugin::testing::World;

use super::*;

/// Extracts a file of that name with these bytes.
fn extracted(name: &str, bytes: &[u8]) -> Extracted {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    World::new().mount("/drive", folder.path()).run(|| {
        let file = File::open(&format!("/drive/{name}")).unwrap();
        extract(file, name).unwrap()
    })
}

/// A zip file of these parts.
fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, text) in parts {
        let method = rawzip::CompressionMethod::DEFLATE;
        let (mut entry, config) = archive
            .new_file(name)
            .compression_method(method)
            .start()
            .unwrap();
        let encoder =
            flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(encoder);
        writer.write_all(text.as_bytes()).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

fn docx(body: &str) -> Vec<u8> {
    zip(&[(
        "word/document.xml",
        &format!("<w:document {W}><w:body>{body}</w:body></w:document>"),
    )])
}

#[test]
fn a_word_document_is_its_paragraphs_and_tables() {
    let found = extracted(
        "a.docx",
        &docx(
            "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>Plan &amp; cost</w:t></w:r></w:p>\
         <w:p><w:r><w:t xml:space=\"preserve\">One </w:t></w:r><w:r><w:t>two</w:t><w:tab/><w:t>three</w:t></w:r></w:p>\
         <w:p><w:r><w:delText>gone</w:delText><w:instrText>PAGE</w:instrText></w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc>\
         <w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        ),
    );
    assert_eq!(found.title, "Plan & cost");
    assert_eq!(found.text, "Plan & cost\nOne two\tthree\n\na b\tc");
}

#[test]
fn an_opendocument_text_is_its_paragraphs_lists_and_tables() {
    let content = "<office:document-content><office:body><office:text><text:tracked-changes><text:p>gone</text:p>\
        </text:tracked-changes><text:h>Role</text:h><text:p>You  install<text:s text:c=\"2\"/>gauges</text:p>\
        <text:list><text:list-item><text:p>one</text:p></text:list-item></text:list><table:table>\
        <table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p>\
        </table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>";
    let found = extracted("a.odt", &zip(&[("content.xml", content)]));
    assert_eq!(found.title, "Role");
    assert_eq!(found.text, "Role\nYou install  gauges\n- one\na\tb");
}

#[test]
fn slides_are_in_the_order_of_their_numbers() {
    let slide = |text: &str| format!("<p:sld><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>");
    let found = extracted(
        "a.pptx",
        &zip(&[
            ("ppt/slides/slide10.xml", &slide("last")),
            ("ppt/slides/slide2.xml", &slide("second")),
            ("ppt/slides/slide1.xml", &slide("first")),
        ]),
    );
    assert_eq!(found.text, "first\n\nsecond\n\nlast");
    assert_eq!(found.title, "first");
}

#[test]
fn a_workbook_is_its_sheets_rows_and_dates() {
    let found = extracted(
        "a.xlsx",
        &zip(&[
            (
                "xl/workbook.xml",
                "<workbook><sheets><sheet name=\"Costs\" r:id=\"r1\"/></sheets></workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
            ),
            (
                "xl/sharedStrings.xml",
                "<sst><si><t>Item</t></si><si><r><t>two </t></r><r><t>runs</t></r></si></sst>",
            ),
            (
                "xl/styles.xml",
                "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
            ),
            (
                "xl/worksheets/sheet1.xml",
                "<worksheet><sheetData><row><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>\
            <row><c/><c t=\"s\"><v>0</v></c><c><v>7</v></c></row><row><c r=\"A2\" s=\"1\"><v>46342</v></c><c r=\"B2\"><f>A1*2</f><v>12.5</v></c><c r=\"C2\" t=\"inlineStr\"><is><t>x</t></is></c></row>\
            </sheetData></worksheet>",
            ),
        ]),
    );
    assert_eq!(
        found.text,
        "Costs\nItem\t\ttwo runs\n\tItem\t7\n2026-11-16\t12.5\tx"
    );
}

#[test]
fn a_zip_bomb_is_cut() {
    let bomb = docx(&format!(
        "<w:p><w:r><w:t>{}</w:t></w:r></w:p>",
        "a".repeat(64 << 20)
    ));
    assert!(bomb.len() < 1 << 20);
    let found = extracted("bomb.docx", &bomb);
    assert!(found.truncated);
    assert!(found.text.len() <= MAX_TEXT);
}

#[test]
fn a_cut_zip_file_has_no_text_and_no_panic() {
    let whole = docx("<w:p><w:r><w:t>text</w:t></w:r></w:p>");
    for end in 0..whole.len() {
        extracted("a.docx", &whole[..end]);
    }
    assert_eq!(extracted("a.docx", &whole).text, "text");
}

#[test]
fn what_is_not_what_its_name_says_has_no_text() {
    for name in ["a.docx", "a.xlsx", "a.odt", "a.pptx"] {
        let found = extracted(name, b"PK\x03\x04 not really");
        assert_eq!(
            (found.text.as_str(), found.title.as_str()),
            ("", "a"),
            "{name}"
        );
    }
    assert_eq!(extracted("a.pdf", b"%PDF-1.7 words").text, "");
    assert_eq!(extracted("a.unknown", b"\0\x01binary").text, "");
}

#[test]
fn a_plain_text_is_read_however_it_was_written() {
    assert_eq!(
        extracted("a.txt", "Grüße\r\nAna".as_bytes()).text,
        "Grüße\nAna"
    );
    assert_eq!(extracted("a.txt", b"Gr\xfc\xdfe \x80 5").text, "Grüße € 5");
    assert_eq!(extracted("a.csv", b"\xff\xfea\0,\0b\0").text, "a,b");
    assert_eq!(extracted("a.csv", b"\xef\xbb\xbfa,b").text, "a,b");
}

#[test]
fn a_title_comes_from_the_document() {
    assert_eq!(
        extracted("a.md", b"# Release *plan* #\ntext").title,
        "Release *plan*"
    );
    assert_eq!(
        extracted("a.md", b"---\ntitle: \"Front\"\n---\n# Other").title,
        "Front"
    );
    assert_eq!(extracted("a.md", b"Under\n=====\n").title, "Under");
    assert_eq!(
        extracted("notes-2026.md", b"no heading").title,
        "notes-2026"
    );
    assert_eq!(
        extracted("a.html", b"<title>Page</title><p>text").title,
        "Page"
    );
}

/// Looked through from its start at each of these, a text would take hours.
#[test]
fn elements_closed_again_and_again_are_read_soon() {
    let text = "<t>aa</t>";
    for close in ["</tc>", "</p>", "</tr>", "<tc></tc>"] {
        let xml = format!(
            "<p><pStyle val=\"Title\"/></p><tc>{}",
            format!("{text}{close}").repeat(60_000)
        );
        extracted("a.docx", &docx(&xml));
        extracted("a.pptx", &zip(&[("ppt/slides/slide1.xml", &xml)]));
    }
    for close in ["</table-cell>", "</h>", "</table-row>"] {
        let xml = format!(
            "<table-cell><h>{}",
            format!("<p>aa</p>{close}").repeat(60_000)
        );
        extracted("a.odt", &zip(&[("content.xml", &xml)]));
    }
}

#[test]
fn a_workbook_that_names_one_sheet_again_and_again_is_cut() {
    let book = "<sheet name=\"a\" id=\"r\"/>".repeat(60_000);
    let sheet = format!(
        "<sheetData>{}</sheetData>",
        "<row><c><v>1</v></c></row>".repeat(60_000)
    );
    let read = extracted(
        "a.xlsx",
        &zip(&[
            ("xl/workbook.xml", &book),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationship Id=\"r\" Target=\"s.xml\"/>",
            ),
            ("xl/s.xml", &sheet),
        ]),
    );
    assert!(read.truncated);
}

#[test]
fn cells_that_share_a_huge_text_show_its_beginning() {
    let strings = format!("<si/><si><t>{}</t></si>", "a ".repeat(1 << 20));
    let sheet = "<sheetData><row><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c><c t=\"s\"><v>7</v></c></row></sheetData>";
    let read = extracted(
        "a.xlsx",
        &zip(&[
            ("xl/workbook.xml", "<sheet name=\"s\" id=\"r\"/>"),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationship Id=\"r\" Target=\"s.xml\"/>",
            ),
            ("xl/s.xml", sheet),
            ("xl/sharedStrings.xml", &strings),
        ]),
    );
    assert!(
        read.text.starts_with("s\na a") && read.text.len() < 40_000,
        "{}",
        read.text.len()
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), kind in 0..6_usize) {
        let name = ["a.docx", "a.xlsx", "a.odt", "a.pptx", "a.md", "a.html"][kind];
        extracted(name, &bytes);
    }

    #[test]
    fn no_xml_is_too_strange(xml in "(<[/?!]?[a-z:]{0,5}( [a-z]{1,3}=\"[^<]{0,4}\")?/?>|&[a-z#0-9]{0,4};?|\\PC){0,40}") {
        extracted("a.docx", &docx(&xml));
        extracted("a.xlsx", &zip(&[("xl/workbook.xml", &xml), ("xl/sharedStrings.xml", &xml), ("xl/styles.xml", &xml)]));
        extracted("a.odt", &zip(&[("content.xml", &xml), ("meta.xml", &xml)]));
    }
}
