use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// A picture of the person, taken where they stand, for an authority that compares faces. It goes to the authority and
/// nowhere else: nothing keeps it, and it does not print.
#[derive(Clone)]
pub struct Photo(String);

/// Why a picture is not taken. Nothing of it is said.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PhotoError {
    #[error("the picture is not base64 (RFC 4648 §4)")]
    NotBase64,
    #[error("the picture is no JPEG")]
    NotJpeg,
    #[error("the picture has more than {} bytes", Photo::MOST)]
    TooLarge,
}

/// Start of image, and the marker after it (ITU-T T.81 §B.1.1.3).
const MAGIC: [u8; 3] = [0xff, 0xd8, 0xff];

impl Photo {
    /// In bytes. Ours: a face fills far less, and no question grows beyond what gateways take.
    pub const MOST: usize = 200_000;

    /// Reads base64, as forms and programs pass bytes on.
    ///
    /// # Errors
    /// Says what it is instead of a small JPEG.
    pub fn read(base64: &str) -> Result<Self, PhotoError> {
        if base64.len() > Self::MOST.div_ceil(3) * 4 {
            return Err(PhotoError::TooLarge);
        }
        let bytes = STANDARD.decode(base64).map_err(|_| PhotoError::NotBase64)?;
        if bytes.len() > Self::MOST {
            return Err(PhotoError::TooLarge);
        }
        if !bytes.starts_with(&MAGIC) {
            return Err(PhotoError::NotJpeg);
        }
        Ok(Self(base64.to_owned()))
    }

    pub(super) fn base64(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Photo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(), PhotoError> {
        Photo::read(&STANDARD.encode(bytes)).map(drop)
    }

    #[test]
    fn a_small_jpeg_is_taken_and_nothing_else() {
        let jpeg = |length: usize| {
            let mut bytes = MAGIC.to_vec();
            bytes.resize(length, 0xe0);
            bytes
        };
        assert_eq!(read(&jpeg(3)), Ok(()));
        for most in [Photo::MOST, Photo::MOST - 1, Photo::MOST - 2] {
            assert_eq!(read(&jpeg(most)), Ok(()));
        }
        for more in [Photo::MOST + 1, Photo::MOST + 2, 10 * Photo::MOST] {
            assert_eq!(read(&jpeg(more)), Err(PhotoError::TooLarge), "{more}");
        }
        for other in [&b"\x89PNG\r\n\x1a\n"[..], b"GIF89a", b"<svg/>", b"\xff\xd8", b""] {
            assert_eq!(read(other), Err(PhotoError::NotJpeg));
        }
        for text in ["/9j/ ", "_9j_", "/9j", "data:image/jpeg;base64,/9j/"] {
            assert_eq!(Photo::read(text).map(drop), Err(PhotoError::NotBase64), "{text}");
        }
    }
}
