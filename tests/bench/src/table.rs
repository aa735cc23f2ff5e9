//! Markdown tables, their columns padded so that the terminal shows them as well as a browser.

#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new<const N: usize>(heads: [&str; N]) -> Self {
        Table(vec![heads.map(str::to_owned).to_vec()])
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(Vec::from(cells));
    }

    pub(crate) fn markdown(&self) -> String {
        let columns = self.0.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let mut text = String::new();
        for (place, row) in self.0.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| pad(cell, width));
            text.push_str(&format!("| {} |\n", cells.collect::<Vec<_>>().join(" | ")));
            if place == 0 {
                let rules = widths.iter().map(|&width| "-".repeat(width + 2));
                text.push_str(&format!("|{}|\n", rules.collect::<Vec<_>>().join("|")));
            }
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.0.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["flow", "ms"]);
        table.row(["refresh".into(), "0.17".into()]);
        assert_eq!(
            table.markdown(),
            "| flow    | ms   |\n|---------|------|\n| refresh | 0.17 |\n"
        );
    }
}
