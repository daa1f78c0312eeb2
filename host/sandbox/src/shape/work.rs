//! How much work the functions of a component are to compile.
//!
//! The compiler's time and memory grow faster than a function: with how many values are alive at once, and with how
//! many of them each branch and each loop hands on. Eight kilobytes of loops in loops keep it busy for a minute. So
//! each of these is bounded, far above what compilers make of real programs: the figures in the comments are the
//! largest that were found in CPython, SpiderMonkey, QuickJS, Go and Rust plugins. What passes takes some two minutes
//! of processor time at the most that was found, half a minute of which a large interpreter takes too.

use crate::SandboxError;
use wasmparser::{
    BlockType, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, ModuleArity,
    Operator, OperatorsReader, ValidatorResources,
};

/// The largest function body, in bytes: 427 thousand, a table of CPython's.
const MAX_FUNCTION: u64 = 1 << 20;

/// The bytes of all functions: 11 million.
const MAX_CODE: u64 = 40 << 20;

/// The number of functions: 20 thousand.
const MAX_FUNCTIONS: u64 = 200_000;

/// Loops in loops: 21.
const MAX_LOOP_DEPTH: u64 = 100;

/// Values on the stack at once: 64.
const MAX_HEIGHT: u64 = 400;

/// Values (locals, and those on the stack) times loops times how deep these lie in each other, in one function:
/// 300 thousand. Nests of loops around this take half a second.
const MAX_LOOPED: u64 = 2_000_000;

/// The same, of all functions: 1 million.
const MAX_ALL_LOOPED: u64 = 20_000_000;

/// Variables (locals, and what blocks take and give) times branches, in one function: 12 million. The compiler keeps a
/// table of all branches for each variable, of 4 bytes an entry.
const MAX_VARIED: u64 = 50_000_000;

/// The same, of all functions, which may be compiled at once: 46 million.
const MAX_ALL_VARIED: u64 = 250_000_000;

/// Values times the square of branches, in one function: 7 thousand million. The costliest that was found at this takes
/// some 20 seconds.
const MAX_BRANCHED: u64 = 30_000_000_000;

/// The same, of all functions: 18 thousand million.
const MAX_ALL_BRANCHED: u64 = 100_000_000_000;

/// Adds up while functions are read.
#[derive(Default)]
pub(super) struct Work {
    functions: u64,
    code: u64,
    looped: u64,
    varied: u64,
    branched: u64,
    allocations: FuncValidatorAllocations,
}

/// What matters of one function.
#[derive(Default)]
struct Shape {
    branches: u64,
    /// What blocks take and give.
    handed_on: u64,
    loops: u64,
    loop_depth: u64,
    height: u64,
}

impl Work {
    /// The start of a module's functions.
    pub(super) fn functions(&mut self, count: u32) -> Result<(), SandboxError> {
        self.functions = self.functions.saturating_add(count.into());
        bound(self.functions, MAX_FUNCTIONS, "functions")
    }

    /// The next function.
    pub(super) fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), SandboxError> {
        let size = body.range().len() as u64;
        bound(size, MAX_FUNCTION, "bytes in one function")?;
        self.code = self.code.saturating_add(size);
        bound(self.code, MAX_CODE, "bytes in its functions")?;
        let allocations = std::mem::take(&mut self.allocations);
        let mut validator = function.into_validator(allocations);
        let shape = shape(&mut validator, body)?;
        let locals = u64::from(validator.len_locals());
        self.allocations = validator.into_allocations();

        bound(shape.loop_depth, MAX_LOOP_DEPTH, "loops in each other")?;
        let values = locals.saturating_add(shape.height);
        let looped = values
            .saturating_mul(shape.loops)
            .saturating_mul(shape.loop_depth);
        let variables = locals.saturating_add(shape.handed_on);
        let varied = variables.saturating_mul(shape.branches);
        let branched = values.saturating_mul(shape.branches.saturating_pow(2));
        self.looped = self.looped.saturating_add(looped);
        self.varied = self.varied.saturating_add(varied);
        self.branched = self.branched.saturating_add(branched);
        if looped > MAX_LOOPED
            || self.looped > MAX_ALL_LOOPED
            || varied > MAX_VARIED
            || self.varied > MAX_ALL_VARIED
            || branched > MAX_BRANCHED
            || self.branched > MAX_ALL_BRANCHED
        {
            return Err(SandboxError::TooLarge(
                "its functions have more values, loops and branches together than are compiled"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

fn shape(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
) -> Result<Shape, SandboxError> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(super::invalid)?;
    let mut shape = Shape::default();
    // Whether each of the blocks that are open is a loop.
    let mut open = Vec::new();
    let mut depth = 0_u64;
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let offset = operators.original_position();
        let operator = operators.read().map_err(super::invalid)?;
        match &operator {
            Operator::Loop { blockty } => {
                shape.handed_on += arity(validator, *blockty);
                open.push(true);
                depth += 1;
                shape.loops += 1;
                shape.branches += 1;
                shape.loop_depth = shape.loop_depth.max(depth);
            }
            Operator::Block { blockty } => {
                shape.handed_on += arity(validator, *blockty);
                open.push(false);
                shape.branches += 1;
            }
            Operator::If { blockty } => {
                shape.handed_on += arity(validator, *blockty);
                open.push(false);
                shape.branches += 2;
            }
            Operator::End => depth -= u64::from(open.pop() == Some(true)),
            Operator::Br { .. } | Operator::BrIf { .. } | Operator::Else => shape.branches += 1,
            // The targets that it names are blocks, which are counted.
            Operator::BrTable { .. } => shape.branches += 1,
            _ => {}
        }
        validator.op(offset, &operator).map_err(super::invalid)?;
        shape.height = shape.height.max(validator.operand_stack_height().into());
        bound(shape.height, MAX_HEIGHT, "values on the stack at once")?;
    }
    operators.finish().map_err(super::invalid)?;
    Ok(shape)
}

/// How many values a block takes and gives.
fn arity(validator: &FuncValidator<ValidatorResources>, block: BlockType) -> u64 {
    // None where it is not valid, as the validator is about to say.
    let (takes, gives) = validator.block_type_arity(block).unwrap_or_default();
    u64::from(takes) + u64::from(gives)
}

fn bound(is: u64, most: u64, what: &str) -> Result<(), SandboxError> {
    if is <= most {
        return Ok(());
    }
    Err(SandboxError::TooLarge(format!(
        "it has {is} {what}, and at most {most} are compiled"
    )))
}
