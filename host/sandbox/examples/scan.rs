//! Scratch.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used
)]
use wasmparser::*;
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let start = std::time::Instant::now();
        let mut v = Validator::new_with_features(WasmFeatures::all());
        let mut allocs = FuncValidatorAllocations::default();
        let (mut code, mut n) = (0u64, 0u64);
        let mut max = [0u64; 9];
        let mut sum = [0u64; 9];
        let mut failed = None;
        for payload in Parser::new(0).parse_all(&bytes) {
            let payload = payload.unwrap();
            match v.payload(&payload) {
                Ok(ValidPayload::Func(f, body)) => {
                    let mut fv = f.into_validator(allocs);
                    let mut r = body.get_binary_reader();
                    fv.read_locals(&mut r).unwrap();
                    let locals = u64::from(fv.len_locals());
                    let (mut edges, mut height, mut loops, mut maxloops, mut nloops, mut depth) =
                        (0u64, 0u64, 0u64, 0u64, 0u64, 0u64);
                    let mut stack = vec![];
                    let mut ops = OperatorsReader::new(r);
                    let mut tab = 0u64;
                    let mut handed = 0u64;
                    while !ops.eof() {
                        let off = ops.original_position();
                        let op = ops.read().unwrap();
                        match &op {
                            Operator::Loop { blockty } => {
                                handed += ar(&fv, *blockty);
                                stack.push(true);
                                loops += 1;
                                nloops += 1;
                                maxloops = maxloops.max(loops);
                                edges += 1;
                            }
                            Operator::Block { blockty } => {
                                handed += ar(&fv, *blockty);
                                stack.push(false);
                                edges += 1;
                            }
                            Operator::If { blockty } => {
                                handed += ar(&fv, *blockty);
                                stack.push(false);
                                edges += 2;
                            }
                            Operator::End => {
                                if stack.pop() == Some(true) {
                                    loops -= 1
                                }
                            }
                            Operator::BrIf { .. } | Operator::Br { .. } | Operator::Else => {
                                edges += 1
                            }
                            Operator::BrTable { targets } => {
                                edges += 1;
                                tab += u64::from(targets.len());
                                let _ = tab;
                            }
                            _ => {}
                        }
                        if let Err(e) = fv.op(off, &op) {
                            failed = Some(e.to_string());
                            break;
                        }
                        height = height.max(u64::from(fv.operand_stack_height()));
                        depth = depth.max(u64::from(fv.control_stack_height()));
                    }
                    let size = body.range().len() as u64;
                    code += size;
                    n += 1;
                    let m = [
                        size,
                        locals,
                        edges,
                        maxloops,
                        height,
                        depth,
                        locals * edges,
                        locals * nloops * maxloops,
                        (locals + handed) * edges,
                    ];
                    for i in 0..9 {
                        max[i] = max[i].max(m[i]);
                        sum[i] += m[i];
                    }
                    allocs = fv.into_allocations();
                }
                Ok(_) => {}
                Err(e) => {
                    failed = Some(e.to_string());
                    break;
                }
            }
        }
        println!(
            "{} {} MiB, code {} MiB in {n}, {:?}{}\n   size, locals, edges, loopdepth, height, depth, locals*edges, locals*loops*loopdepth, table\n   max {max:?}\n   sum {sum:?}",
            path,
            bytes.len() >> 20,
            code >> 20,
            start.elapsed(),
            failed.map(|f| format!(" FAILED {f}")).unwrap_or_default()
        );
    }
}

fn ar(v: &FuncValidator<ValidatorResources>, block: BlockType) -> u64 {
    match block {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(i) => {
            v.resources()
                .sub_type_at(i)
                .map_or(0, |f| match &f.composite_type.inner {
                    CompositeInnerType::Func(b) => (b.params().len() + b.results().len()) as u64,
                    _ => 0,
                })
        }
    }
}
