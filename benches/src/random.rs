//! A pseudo-random sequence that is the same on every machine and in every version of the tools: a
//! generated program is named by its seed, so no crate may change what the seed means.

/// The generator "splitmix64".
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of `seed`, apart from those of other `streams` of the same seed.
    pub fn new(seed: u64, stream: usize) -> Self {
        let mut random = Self(seed ^ (stream as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 when that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let at = self.below(items.len());
        &items[at]
    }

    /// `count` of `items`, in their order.
    pub fn subset<T: Copy>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut kept = items.to_vec();
        while kept.len() > count {
            let at = self.below(kept.len());
            kept.remove(at);
        }
        kept
    }
}
