//! Loads and simulations: what is claimed of Countersign, measured.

fn main() {
    println!("Usage: countersign-bench COMMAND");
}
