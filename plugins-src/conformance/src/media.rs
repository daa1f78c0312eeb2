//! Values that are not text: the schema says what they are (`contentEncoding`, `contentMediaType`), and the host gives
//! them to a client as such.

use schemars::JsonSchema;
use serde::Serialize;

/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// A document of no pages.
const PDF: &str = "JVBERi0xLjQKJSVFT0YK";
/// `{"test":"data","value":123}`
const JSON: &str = "eyJ0ZXN0IjoiZGF0YSIsInZhbHVlIjoxMjN9";
/// No samples at all.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

#[derive(Serialize, JsonSchema)]
pub struct Image {
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "image/png"))]
    image: String,
}

impl Image {
    pub fn pixel() -> Image {
        Image {
            image: PNG.to_string(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Audio {
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "audio/wav"))]
    audio: String,
}

impl Audio {
    pub fn silence() -> Audio {
        Audio {
            audio: WAV.to_string(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Document {
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "application/pdf"))]
    document: String,
}

impl Document {
    pub fn empty() -> Document {
        Document {
            document: PDF.to_string(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Mixed {
    text: String,
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "image/png"))]
    image: String,
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "application/json"))]
    document: String,
}

impl Mixed {
    pub fn all() -> Mixed {
        Mixed {
            text: "Multiple content types test:".to_string(),
            image: PNG.to_string(),
            document: JSON.to_string(),
        }
    }
}
