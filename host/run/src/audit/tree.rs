//! The Merkle tree over the records (RFC 6962, section 2.1): what a checkpoint signs. A leaf is a record's line without
//! its line feed. Only the roots of whole subtrees are held: at most 64, whatever the log's length.

use sha2::{Digest as _, Sha256};

/// A node's hash.
pub(super) type Node = [u8; 32];

/// The tree over the records so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    size: u64,
    /// The roots of the whole subtrees, the largest first: one for each binary digit 1 of the size.
    whole: Vec<Node>,
}

impl Tree {
    /// The tree of that many records with these whole subtrees; none if they do not fit together.
    pub(super) fn of(size: u64, whole: Vec<Node>) -> Option<Tree> {
        (whole.len() == size.count_ones() as usize).then_some(Tree { size, whole })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn whole(&self) -> &[Node] {
        &self.whole
    }

    pub(super) fn push(&mut self, line: &[u8]) {
        let mut node: Node = Sha256::new()
            .chain_update([0])
            .chain_update(line)
            .finalize()
            .into();
        self.size += 1;
        // Each whole subtree of the same size as the one that just became whole is its left neighbour.
        for _ in 0..self.size.trailing_zeros() {
            if let Some(left) = self.whole.pop() {
                node = parent(left, node);
            }
        }
        self.whole.push(node);
    }

    pub(super) fn root(&self) -> Node {
        let mut right_to_left = self.whole.iter().rev().copied();
        match right_to_left.next() {
            None => Sha256::digest([]).into(),
            Some(last) => right_to_left.fold(last, |right, left| parent(left, right)),
        }
    }
}

fn parent(left: Node, right: Node) -> Node {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_package::hex;

    /// The definition, word for word.
    fn root(leaves: &[&[u8]]) -> Node {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => Sha256::digest([&[0], *leaf].concat()).into(),
            _ => {
                let at = leaves.len().next_power_of_two() / 2;
                parent(root(&leaves[..at]), root(&leaves[at..]))
            }
        }
    }

    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        // The test data of google/certificate-transparency.
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        for (n, (leaf, root)) in leaves.iter().zip(roots).enumerate() {
            tree.push(leaf);
            assert_eq!(hex::encode(&tree.root()), root.as_bytes(), "{n}");
        }
    }

    #[test]
    fn any_size_has_the_root_of_the_definition_and_goes_on_from_its_subtrees() {
        let leaves: Vec<Vec<u8>> = (0..70u8).map(|n| vec![n; usize::from(n)]).collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(Vec::as_slice).collect();
        let mut tree = Tree::default();
        assert_eq!(tree.root(), root(&[]));
        for (n, leaf) in leaves.iter().enumerate() {
            tree.push(leaf);
            assert_eq!(tree.root(), root(&leaves[..=n]), "{n}");
            tree = Tree::of(tree.size(), tree.whole().to_vec()).unwrap();
        }
        assert!(Tree::of(3, vec![[0; 32]]).is_none());
        assert!(Tree::of(4, vec![[0; 32]; 2]).is_none());
    }
}
